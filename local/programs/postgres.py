"""Print where PostgreSQL is, and download it if it is missing: python -m local.programs.postgres.

Only the tests need it: they run the outbox in both databases.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from local.programs.apt import is_available, private_apt, run_quietly, unpack_all
from local.programs.finding import TOOLS, ProgramMissingError

HOME = TOOLS / "postgresql"
DEBIAN = Path("/usr/lib/postgresql")


def find_postgres() -> Path:
    """Return the folder that holds ``postgres`` and ``initdb``.

    If the variable ``POSTGRES_BINDIR`` is set, only the folder that it names is looked into.
    Otherwise these are, in this order: the PATH, Debian's folder, and ``.tools/postgresql``.

    Raises:
        ProgramMissingError: they are in none of these places.

    """
    named = os.environ.get("POSTGRES_BINDIR")
    on_path = shutil.which("initdb")
    candidates = [Path(named)] if named else []
    if not named:
        candidates += [Path(on_path).resolve().parent] if on_path else []
        for root in (DEBIAN, HOME / "usr" / "lib" / "postgresql"):
            candidates += sorted(root.glob("*/bin"), reverse=True)
    for folder in candidates:
        if all((folder / name).exists() for name in ("postgres", "initdb")):
            return folder
    raise ProgramMissingError(
        "PostgreSQL's postgres and initdb are not on this machine. Install PostgreSQL (15 or "
        "newer), or name their folder with POSTGRES_BINDIR=/path/to/bin"
    )


def environment() -> dict[str, str]:
    """Return the environment variables with which an unpacked server finds its libraries."""
    libraries = [str(path) for path in (HOME / "usr" / "lib").glob("*-linux-gnu")]
    return {**os.environ, "LC_ALL": "C", "LD_LIBRARY_PATH": os.pathsep.join(libraries)}


def download() -> None:
    """Download Debian's package and its dependencies, and unpack them below ``.tools/``."""
    with tempfile.TemporaryDirectory(dir=TOOLS) as folder:
        work = Path(folder)
        (work / "partial").mkdir()
        apt = private_apt(work)
        run_quietly([*apt, "update"], work)
        wanted = [*apt, "--yes", "--no-install-recommends", "--download-only"]
        run_quietly([*wanted, "install", "postgresql"], work)
        unpacked = unpack_all(work)
        shutil.rmtree(HOME, ignore_errors=True)
        shutil.move(unpacked, HOME)


def main() -> int:
    """Run the command line; return 0, or 1 if PostgreSQL is missing."""
    TOOLS.mkdir(exist_ok=True)
    try:
        try:
            found = find_postgres()
        except ProgramMissingError:
            if not is_available():
                raise
            print(f"fetching postgresql into {HOME}", flush=True)
            download()
            found = find_postgres()
    except (ProgramMissingError, subprocess.TimeoutExpired) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{'postgres':12} {found / 'postgres'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
