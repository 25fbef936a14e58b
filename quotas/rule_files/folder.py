"""The folder of generated rule files: which files differ, and replacing them safely."""

import errno
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from quotas.rule_files.rendering import GENERATED_MARK


def changed_files(folder: Path, files: Mapping[str, str]) -> list[Path]:
    """Return the paths that ``write_files`` would write or remove, in order.

    Args:
        folder: the folder of rule files.
        files: the wanted text of each file, by its name.

    """
    differing = [
        folder / name for name, content in files.items() if _read(folder / name) != content
    ]
    unwanted = [
        path
        for path in folder.glob("*.yml")
        if path.is_file() and path.name not in files and read_generated(path)
    ]
    return sorted(differing + unwanted)


def write_files(folder: Path, files: Mapping[str, str]) -> list[Path]:
    """Update a folder of rule files and return the paths that changed.

    Each file is replaced completely or not at all. A file whose content is right is not touched. A
    generated file that is not among ``files`` is removed.

    Raises:
        OSError: the folder cannot be written, or a file that was not generated has the name of one
            to write. In the latter case nothing changes.

    """
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, "is not a folder", str(folder))
    folder.mkdir(parents=True, exist_ok=True)
    changed = changed_files(folder, files)
    for path in changed:
        if path.exists() and not read_generated(path):
            message = "was not generated and would be overwritten; move it away"
            raise FileExistsError(errno.EEXIST, message, str(path))
    for path in changed:
        if path.name in files:
            replace_file(path, files[path.name])
        else:
            # Another run may have removed it in the meantime.
            path.unlink(missing_ok=True)
    return changed


def replace_file(path: Path, content: str) -> None:
    """Write a file in one step, so that readers see the old content or the new, never a mix.

    Raises:
        OSError: the file cannot be written. The old one is unchanged.

    """
    try:
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        # It names the temporary file.
        raise OSError(error.errno, error.strerror, str(path)) from error
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(content)
            # mkstemp allows only the owner to read, but Prometheus runs as another user.
            os.fchmod(file.fileno(), 0o644)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def read_generated(path: Path) -> str:
    """Return the text of a generated file; empty if there is no file or it was not generated."""
    text = _read(path) or ""
    return text if text.startswith(GENERATED_MARK) else ""


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except (FileNotFoundError, UnicodeDecodeError):
        return None
