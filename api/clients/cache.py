"""A cache of values in bounded memory.

If several threads ask for the same key at once, only one computes the value.
"""

import threading
import time
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, cast

from cachetools import TLRUCache

# How long an error is raised again without asking again.
ERROR_SECONDS = 3.0
# What an entry takes in addition to its content: keys, dictionaries, bookkeeping.
OVERHEAD_BYTES = 1_000
# The longest wait for a value that another thread makes; its own time is far shorter.
LONGEST_WAIT_SECONDS = 600.0


@dataclass(frozen=True)
class CacheEntry:
    """A value or an error, its size in bytes, and how many seconds it stays valid."""

    value: Any
    size_bytes: int
    seconds: float
    error: Exception | None = None


def _expiry(_: Hashable, entry: CacheEntry, now: float) -> float:
    return now + entry.seconds


@dataclass
class Cache:
    """Entries by key, at most ``size_bytes`` of them; the least recently used are dropped first.

    ``cached_errors`` are kept for ERROR_SECONDS when making a value raises them.
    """

    size_bytes: int
    cached_errors: tuple[type[Exception], ...] = ()
    timer: Callable[[], float] = time.monotonic
    hits: int = 0
    misses: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _making: dict[Hashable, Future[CacheEntry]] = field(default_factory=dict)
    _entries: TLRUCache[Hashable, CacheEntry] = field(init=False)

    def __post_init__(self) -> None:
        self._entries = TLRUCache(
            self.size_bytes,
            ttu=_expiry,
            timer=self.timer,
            getsizeof=lambda entry: entry.size_bytes + OVERHEAD_BYTES,
        )

    @property
    def used_bytes(self) -> int:
        """Return the size of all entries."""
        with self._lock:
            return int(self._entries.currsize)

    def get(self, key: Hashable) -> Any:
        """Return the value of a key; None if there is none."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                self.misses += 1
                return None
            self.hits += 1
        return entry.value

    def peek(self, key: Hashable) -> Any:
        """Return the value of a key if there is one; only then does this count as a look."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None or entry.error is not None:
                return None
            self.hits += 1
        return entry.value

    def put(self, key: Hashable, entry: CacheEntry) -> None:
        """Keep an entry, unless it is larger than the cache."""
        with self._lock:
            self._store(key, entry)

    def get_or_make(self, key: Hashable, make: Callable[[], CacheEntry]) -> Any:
        """Return the value of a key. If there is none, one of the callers makes it for all.

        Raises:
            Exception: what ``make`` raised, in all callers that waited for it. If it is one of
                ``cached_errors``, also in later callers for ERROR_SECONDS.

        """
        with self._lock:
            entry = self._entries.get(key)
            if entry is not None:
                self.hits += 1
                return _open(entry)
            self.misses += 1
            future = self._making.get(key)
            mine = future is None
            if future is None:
                future = self._making[key] = Future()
        if not mine:
            return _open(future.result(LONGEST_WAIT_SECONDS))
        return _open(self._make(key, make, future))

    def _make(
        self, key: Hashable, make: Callable[[], CacheEntry], future: Future[CacheEntry]
    ) -> CacheEntry:
        try:
            entry = make()
        except BaseException as error:
            is_cached = isinstance(error, self.cached_errors)
            with self._lock:
                del self._making[key]
                if is_cached:
                    failure = CacheEntry(None, 0, ERROR_SECONDS, cast("Exception", error))
                    self._store(key, failure)
            future.set_exception(error)
            raise
        with self._lock:
            del self._making[key]
            self._store(key, entry)
        future.set_result(entry)
        return entry

    def _store(self, key: Hashable, entry: CacheEntry) -> None:
        if entry.seconds <= 0 or entry.size_bytes + OVERHEAD_BYTES > self.size_bytes:
            self._entries.pop(key, None)
            return
        self._entries[key] = entry


def _open(entry: CacheEntry) -> Any:
    if entry.error is not None:
        # Without this, each raise would add the frames of the one before to its traceback.
        raise entry.error.with_traceback(None)
    return entry.value
