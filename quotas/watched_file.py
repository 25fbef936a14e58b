"""The current content of a file, which is read again after a change without a restart."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

# A file that is half written may be valid, without some of its quotas. So a changed file is read
# only after it has been the same for a while.
QUIET_SECONDS = 2.0

Content = TypeVar("Content")

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Version:
    """Values that differ after the file was changed or replaced. All are 0 if it is missing."""

    changed_at_ns: int = 0
    size_bytes: int = 0
    inode: int = 0


class WatchedFile(Generic[Content]):
    """A file on disk. If a new version is wrong, that is logged and the former one stays.

    Args:
        path: the file.
        load: reads it.
        failure: what ``load`` raises if the file is wrong. At the start, it is passed on.

    """

    def __init__(
        self, path: Path, load: Callable[[Path], Content], failure: type[Exception]
    ) -> None:
        self._path = path
        self._load = load
        self._failure = failure
        self._version = self._read_version()
        # The newest version, and when it was first seen, on the monotonic clock.
        self._seen = (self._version, time.monotonic())
        self._content = load(path)

    def read(self) -> Content:
        """Return the newest valid content that has not changed for QUIET_SECONDS."""
        version = self._read_version()
        if version != self._version and self._is_quiet(version):
            # Stored before the file is read, so that a change during reading is noticed next time.
            self._version = version
            try:
                self._content = self._load(self._path)
                _log.info("%s has changed and was read", self._path)
            except self._failure as error:
                _log.error("the former version of %s stays in use: %s", self._path, error)
        return self._content

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
