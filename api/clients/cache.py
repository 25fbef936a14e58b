"""What need not be asked again: answers in bounded memory, and errors for a moment."""

import threading
import time
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, cast

from cachetools import TLRUCache

# So long an error is answered again without asking Prometheus again.
ERROR_SECONDS = 3.0
# What an entry takes beside its content: keys, dictionaries, bookkeeping.
OVERHEAD_BYTES = 1_000
# Nobody waits longer for another's question; Prometheus's own timeouts are shorter by far.
LONGEST_WAIT_SECONDS = 600.0


@dataclass(frozen=True)
class Entry:
    """A value or an error, its size, and for how long it is worth keeping."""

    value: Any
    size_bytes: int
    seconds: float
    error: Exception | None = None


def _expiry(_: Hashable, entry: Entry, now: float) -> float:
    return now + entry.seconds


@dataclass
class Memory:
    """Entries by key; the least recently used go first when there is no room."""

    size_bytes: int
    remembered_errors: tuple[type[Exception], ...] = ()
    timer: Callable[[], float] = time.monotonic
    hits: int = 0
    misses: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _making: dict[Hashable, Future[Entry]] = field(default_factory=dict)
    _entries: TLRUCache[Hashable, Entry] = field(init=False)

    def __post_init__(self) -> None:
        self._entries = TLRUCache(
            self.size_bytes,
            ttu=_expiry,
            timer=self.timer,
            getsizeof=lambda entry: entry.size_bytes + OVERHEAD_BYTES,
        )

    @property
    def used_bytes(self) -> int:
        """Return the size of all that is remembered."""
        with self._lock:
            return int(self._entries.currsize)

    def recall(self, key: Hashable) -> Any:
        """Return the value of a key; None if there is none."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                self.misses += 1
                return None
            self.hits += 1
        return entry.value

    def remember(self, key: Hashable, entry: Entry) -> None:
        """Keep an entry, unless it is larger than all there is room for."""
        with self._lock:
            self._store(key, entry)

    def once(self, key: Hashable, make: Callable[[], Entry]) -> Any:
        """Return the value of a key, made by one caller however many ask for it at once.

        Raises:
            Exception: what ``make`` raised, also to those who waited for it, and for
                ERROR_SECONDS to those who come later if it is one of ``remembered_errors``.

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

    def _make(self, key: Hashable, make: Callable[[], Entry], future: Future[Entry]) -> Entry:
        try:
            entry = make()
        except BaseException as error:
            remembered = isinstance(error, self.remembered_errors)
            with self._lock:
                del self._making[key]
                if remembered:
                    failure = Entry(None, 0, ERROR_SECONDS, cast("Exception", error))
                    self._store(key, failure)
            future.set_exception(error)
            raise
        with self._lock:
            del self._making[key]
            self._store(key, entry)
        future.set_result(entry)
        return entry

    def _store(self, key: Hashable, entry: Entry) -> None:
        if entry.seconds <= 0 or entry.size_bytes + OVERHEAD_BYTES > self.size_bytes:
            self._entries.pop(key, None)
            return
        self._entries[key] = entry


def _open(entry: Entry) -> Any:
    if entry.error is not None:
        # Each time it is raised it would hold the frames of those before.
        raise entry.error.with_traceback(None)
    return entry.value
