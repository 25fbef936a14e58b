"""A dictionary in shared memory, which drops old keys if it is full.

It behaves as ``lua_shared_dict`` of OpenResty does (src/ngx_http_lua_shdict.c).
"""

from collections import OrderedDict
from dataclasses import dataclass

from kong.mock.memory.slabs import Page, Slabs

# The smallest size that holds what OpenResty stores in every dictionary.
SMALLEST_BYTES = 12 * 1024
# How many keys are dropped for one new key before OpenResty gives up.
_EVICTIONS = 30
# The node of a key in the tree, and the number that it holds.
_NODE_BYTES = 68
_NUMBER_BYTES = 8
_ROOT_BYTES = 80
_LOG_TEXT = ' in lua_shared_dict zone ""\0'


@dataclass
class _Entry:
    value: float
    page: Page


class SharedDict:
    """Numbers by key, in ``size_bytes`` of memory.

    Reading and writing a key makes it the most recently used one. It is not safe for threads.

    Raises:
        ValueError: ``size_bytes`` is below SMALLEST_BYTES.

    """

    def __init__(self, name: str, size_bytes: int) -> None:
        self._slabs = Slabs(size_bytes)
        # The least recently used key comes first.
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        for needed_bytes in (_ROOT_BYTES, len(_LOG_TEXT) + len(name)):
            if self._slabs.allocate(needed_bytes) is None:
                raise ValueError(f"{size_bytes} bytes are too few for a shared dictionary")

    @property
    def size_bytes(self) -> int:
        """The size of the memory."""
        return self._slabs.size_bytes

    @property
    def used_bytes(self) -> int:
        """The memory in pages that are in use, also if they are not full."""
        return self._slabs.used_bytes

    def keys(self) -> list[str]:
        """Return all keys, the least recently used one first. This does not use them."""
        return list(self._entries)

    def get(self, key: str) -> float | None:
        """Return the value of a key, or None."""
        entry = self._use(key)
        return None if entry is None else entry.value

    def increment(self, key: str, by: float) -> bool:
        """Add to a value, which starts at 0. Return False if there is no memory for the key.

        If the memory is full, the least recently used keys are dropped.
        """
        entry = self._use(key)
        if entry is None:
            return self._insert(key, by, evict=True)
        entry.value += by
        return True

    def set(self, key: str, value: float) -> bool:
        """Set a value as ``increment`` does, with eviction."""
        return self._set(key, value, evict=True)

    def safe_set(self, key: str, value: float) -> bool:
        """Set a value, but drop no other key. Return False if there is no memory for the key."""
        return self._set(key, value, evict=False)

    def _set(self, key: str, value: float, *, evict: bool) -> bool:
        entry = self._use(key)
        if entry is None:
            return self._insert(key, value, evict=evict)
        entry.value = value
        return True

    def _use(self, key: str) -> _Entry | None:
        entry = self._entries.get(key)
        if entry is not None:
            self._entries.move_to_end(key)
        return entry

    def _insert(self, key: str, value: float, *, evict: bool) -> bool:
        needed_bytes = _NODE_BYTES + len(key.encode()) + _NUMBER_BYTES
        page = self._slabs.allocate(needed_bytes)
        evictions = _EVICTIONS if evict else 0
        # One key at a time: the page of the new key may need all chunks of another page.
        while page is None and evictions and self._entries:
            self._slabs.release(self._entries.popitem(last=False)[1].page)
            page = self._slabs.allocate(needed_bytes)
            evictions -= 1
        if page is None:
            return False
        self._entries[key] = _Entry(value, page)
        return True
