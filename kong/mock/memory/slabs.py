"""The pages of a shared memory zone, as nginx hands them out (src/core/ngx_slab.c)."""

from collections import defaultdict
from dataclasses import dataclass

PAGE_BYTES = 4096
# What nginx keeps at the start of a zone on a 64-bit machine: the pool itself, and a slot and
# statistics for each of the nine sizes of chunks. Then follows one entry for each page.
_POOL_BYTES = 200 + 9 * (24 + 32)
_PAGE_ENTRY_BYTES = 24
_SMALLEST_CHUNK_BYTES = 8


@dataclass(eq=False)
class Page:
    """A page with chunks of one size, or several pages that hold one large chunk."""

    chunk_bytes: int
    used_chunks: int = 0

    @property
    def chunks(self) -> int:
        """The number of chunks that fit into the page."""
        return max(1, PAGE_BYTES // self.chunk_bytes)

    @property
    def pages(self) -> int:
        """The number of pages that this takes; more than one only for a large chunk."""
        return max(1, self.chunk_bytes // PAGE_BYTES)


class Slabs:
    """A zone of ``size_bytes``, cut into pages, and pages into chunks of one size each.

    Unlike nginx, this does not care whether the pages of a large chunk are next to each other.
    """

    def __init__(self, size_bytes: int) -> None:
        pages = max(0, size_bytes - _POOL_BYTES) // (PAGE_BYTES + _PAGE_ENTRY_BYTES)
        table_bytes = _POOL_BYTES + pages * _PAGE_ENTRY_BYTES
        start = -(-table_bytes // PAGE_BYTES) * PAGE_BYTES
        self.size_bytes = size_bytes
        self._free_pages = max(0, min(pages, (size_bytes - start) // PAGE_BYTES))
        # By size of chunk, the pages that have a chunk left.
        self._open: defaultdict[int, list[Page]] = defaultdict(list)

    @property
    def used_bytes(self) -> int:
        """The size without the free pages; nginx reports whole pages only."""
        return self.size_bytes - self._free_pages * PAGE_BYTES

    def allocate(self, size_bytes: int) -> Page | None:
        """Take a chunk that holds ``size_bytes``.

        Returns the page with the chunk, which ``release`` needs, or None if no memory is left.
        """
        chunk_bytes = _chunk_bytes(size_bytes)
        pages = self._open[chunk_bytes]
        if not pages:
            page = Page(chunk_bytes)
            if page.pages > self._free_pages:
                return None
            self._free_pages -= page.pages
            pages.append(page)
        page = pages[-1]
        page.used_chunks += 1
        if page.used_chunks == page.chunks:
            pages.pop()
        return page

    def release(self, page: Page) -> None:
        """Give one chunk of a page back; a page without used chunks becomes free."""
        pages = self._open[page.chunk_bytes]
        if page.used_chunks == page.chunks:
            pages.append(page)
        page.used_chunks -= 1
        if not page.used_chunks:
            pages.remove(page)
            self._free_pages += page.pages


def _chunk_bytes(size_bytes: int) -> int:
    if size_bytes > PAGE_BYTES // 2:
        return -(-size_bytes // PAGE_BYTES) * PAGE_BYTES
    power: int = 1 << (size_bytes - 1).bit_length()
    return max(_SMALLEST_CHUNK_BYTES, power)
