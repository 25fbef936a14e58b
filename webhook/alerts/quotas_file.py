"""The current content of quotas.yaml, which is read again after a change without a restart."""

import logging
import time
from dataclasses import dataclass
from pathlib import Path

from quotas.file.loading import QuotasError, load_quotas
from quotas.model import QuotaFile

# A file that is half written may be valid, without some of its quotas. So a changed file is read
# only after it has been the same for a while.
QUIET_SECONDS = 2.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Version:
    """Values that differ after the file was changed or replaced. All are 0 if it is missing."""

    changed_at_ns: int = 0
    size_bytes: int = 0
    inode: int = 0


class QuotasFile:
    """A quotas.yaml on disk. If a new version is wrong, it is logged and the former one stays.

    Raises:
        QuotasError: the file is wrong at the start.

    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._version = self._read_version()
        # The newest version, and when it was first seen, on the monotonic clock.
        self._seen = (self._version, time.monotonic())
        self._quotas = load_quotas(path)

    def read(self) -> QuotaFile:
        """Return the newest valid content that has not changed for QUIET_SECONDS."""
        version = self._read_version()
        if version != self._version and self._is_quiet(version):
            # Stored before the file is read, so that a change during reading is noticed next time.
            self._version = version
            try:
                self._quotas = load_quotas(self._path)
                _log.info("read %s: %d quotas", self._path, len(self._quotas.quotas))
            except QuotasError as error:
                _log.error("the former quotas stay in use: %s", error)
        return self._quotas

    def _is_quiet(self, version: _Version) -> bool:
        """Return whether the file has not changed for a while, by its own time or as observed."""
        seen, seen_at = self._seen
        if version != seen:
            seen_at = time.monotonic()
            self._seen = (version, seen_at)
        age_seconds = time.time() - version.changed_at_ns / 1e9
        return max(age_seconds, time.monotonic() - seen_at) >= QUIET_SECONDS

    def _read_version(self) -> _Version:
        try:
            found = self._path.stat()
        except OSError:
            return _Version()
        return _Version(found.st_mtime_ns, found.st_size, found.st_ino)
