"""The current content of quotas.yaml, which is read again after a change without a restart."""

import logging
from pathlib import Path

from quotas.file.loading import QuotasError, load_quotas
from quotas.model import QuotaFile

_log = logging.getLogger(__name__)


class QuotasFile:
    """A quotas.yaml on disk. If a new version is wrong, it is logged and the former one stays.

    Raises:
        QuotasError: the file is wrong at the start.

    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._version = self._read_version()
        self._quotas = load_quotas(path)

    def read(self) -> QuotaFile:
        """Return the newest valid content."""
        version = self._read_version()
        if version != self._version:
            # Stored before the file is read, so that a change during reading is noticed next time.
            self._version = version
            try:
                self._quotas = load_quotas(self._path)
                _log.info("read %s: %d quotas", self._path, len(self._quotas.quotas))
            except QuotasError as error:
                _log.error("the former quotas stay in use: %s", error)
        return self._quotas

    def _read_version(self) -> tuple[int, ...]:
        """Return values that differ after the file was changed or replaced."""
        try:
            found = self._path.stat()
        except OSError:
            return ()
        return (found.st_mtime_ns, found.st_size, found.st_ino)
