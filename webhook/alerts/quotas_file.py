"""quotas.yaml as it is now: read again when it changes, without a restart."""

import logging
from pathlib import Path

from quotas.file.loading import QuotasError, load_quotas
from quotas.model import QuotaFile

_log = logging.getLogger(__name__)


class QuotasFile:
    """A quotas.yaml on disk. A version of it that is wrong is logged, and the last good one stays.

    Raises:
        QuotasError: the file is wrong from the beginning.

    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen = self._look()
        self._quotas = load_quotas(path)

    def read(self) -> QuotaFile:
        """Return the newest good content."""
        seen = self._look()
        if seen != self._seen:
            # Remembered before it is read: a change while reading is seen the next time.
            self._seen = seen
            try:
                self._quotas = load_quotas(self._path)
                _log.info("read %s: %d quotas", self._path, len(self._quotas.quotas))
            except QuotasError as error:
                _log.error("the former quotas stay in use: %s", error)
        return self._quotas

    def _look(self) -> tuple[int, ...]:
        """Return what differs when the file has changed or was replaced."""
        try:
            found = self._path.stat()
        except OSError:
            return ()
        return (found.st_mtime_ns, found.st_size, found.st_ino)
