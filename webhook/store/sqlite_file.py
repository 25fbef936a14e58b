"""The file of an SQLite database: only its owner may read it, and somebody may delete it."""

import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy.exc import OperationalError

# Mails and addresses are nobody else's business.
_MODE = 0o600
# What SQLite keeps beside a database with a write-ahead log.
_BESIDE = ("-wal", "-shm")

_log = logging.getLogger(__name__)


class SqliteFile:
    """The file at a path. SQLite does not notice if another one is put there, or none."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._opened: os.stat_result | None = None

    def prepare(self) -> None:
        """Create the file if it is missing, and let only its owner read it.

        Raises:
            OperationalError: the file cannot be created or read.

        """
        try:
            with _locked(self._path.parent):
                if not self._path.exists():
                    # A log of a deleted database would be applied to the new one.
                    for name in _BESIDE:
                        self._beside(name).unlink(missing_ok=True)
                os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _MODE))
            self._opened = self._path.stat()
        except OSError as error:
            raise OperationalError("open", {}, error) from error
        for path in (self._path, *map(self._beside, _BESIDE)):
            self._protect(path)

    def is_replaced(self) -> bool:
        """Return whether the file was deleted or replaced since ``prepare``."""
        if self._opened is None:
            return False
        try:
            return not os.path.samestat(self._opened, self._path.stat())
        except OSError:
            return True

    def _beside(self, name: str) -> Path:
        return self._path.with_name(self._path.name + name)

    def _protect(self, path: Path) -> None:
        with suppress(FileNotFoundError):
            if path.stat().st_mode & 0o777 == _MODE:
                return
            try:
                path.chmod(_MODE)
            except PermissionError:
                _log.warning("%s belongs to another user, and others may read it", path)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Let no other process do the same at the same time."""
    handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
