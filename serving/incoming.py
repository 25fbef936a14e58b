"""A request as its bytes arrive: whether it is whole.

This looks only for the end of the request. Gunicorn's parser reads it, and refuses what is wrong.
"""

import re

# Gunicorn's own limits are far lower.
MOST_HEAD_BYTES = 256 * 1024
# Gunicorn takes more than 40 s to read two million.
MOST_CHUNKS = 20_000
_LONGEST_CHUNK_LINE = 1_024
_HEAD_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length[ \t]*:[ \t]*([0-9]{1,18})[ \t]*\r\n", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding[ \t]*:[^\r]*chunked", re.IGNORECASE)
_CONTINUE = re.compile(rb"\r\nexpect[ \t]*:[ \t]*100-continue", re.IGNORECASE)
_HEXADECIMAL = re.compile(rb"[0-9a-fA-F]{1,15}")


class IncomingRequest:
    """The bytes of one request, and of what follows it on the same connection."""

    def __init__(self, most_body_bytes: int) -> None:
        """Start without any bytes.

        Args:
            most_body_bytes: how much of the body is waited for. A request with a larger body, or
                with more than MOST_CHUNKS, counts as whole when so much has arrived.

        """
        self._most_body_bytes = most_body_bytes
        self._bytes = bytearray()
        self._head_end = 0
        self._next_chunk = 0
        self._chunks = 0
        self._length: int | None = None
        # Where the request ends, once that is known to have arrived.
        self._end: int | None = None
        self.is_cut = False
        self.wants_continue = False

    def __len__(self) -> int:
        """Return how many bytes have arrived."""
        return len(self._bytes)

    @property
    def is_whole(self) -> bool:
        """Whether all of the request has arrived, or as much of it as is waited for."""
        return self._end is not None

    @property
    def has_head(self) -> bool:
        """Whether all of the head has arrived."""
        return self._head_end > 0

    @property
    def has_body(self) -> bool:
        """Whether the request has a body, as far as its head has arrived."""
        return self._length != 0

    def feed(self, data: bytes) -> None:
        """Add bytes that have arrived."""
        searched = max(0, len(self._bytes) - len(_HEAD_END))
        self._bytes += data
        if not self._head_end:
            self._read_head(searched)
        if self._head_end and self._end is None:
            self._end = self._find_end()

    def take(self) -> tuple[bytes, bytes]:
        """Return the request, which must be whole, and the bytes that follow it."""
        return bytes(self._bytes[: self._end]), bytes(self._bytes[self._end :])

    def _read_head(self, searched: int) -> None:
        found = self._bytes.find(_HEAD_END, searched)
        if found < 0:
            if len(self._bytes) > MOST_HEAD_BYTES:
                self._cut()
            return
        self._head_end = self._next_chunk = found + len(_HEAD_END)
        head = bytes(self._bytes[: self._head_end])
        self.wants_continue = _CONTINUE.search(head) is not None
        if not _CHUNKED.search(head):
            length = _LENGTH.search(head)
            self._length = int(length[1]) if length else 0

    def _find_end(self) -> int | None:
        arrived = len(self._bytes) - self._head_end
        most = self._most_body_bytes
        if self._length is not None and self._length <= most:
            return self._head_end + self._length if arrived >= self._length else None
        end = self._find_end_of_chunks() if self._length is None else None
        if end is None and arrived >= most:
            self._cut()
            return self._end
        return end

    def _find_end_of_chunks(self) -> int | None:
        while True:
            start = self._next_chunk
            line_end = self._bytes.find(b"\r\n", start, start + _LONGEST_CHUNK_LINE)
            if line_end < 0:
                # A line that is too long is wrong. Gunicorn refuses it.
                is_wrong = len(self._bytes) - start >= _LONGEST_CHUNK_LINE
                return len(self._bytes) if is_wrong else None
            size = _HEXADECIMAL.match(self._bytes, start, line_end)
            if size is None:
                return len(self._bytes)
            size_bytes = int(size[0], 16)
            if size_bytes == 0:
                end = self._bytes.find(_HEAD_END, line_end)
                return None if end < 0 else end + len(_HEAD_END)
            following = line_end + 2 + size_bytes + 2
            if following > len(self._bytes):
                return None
            self._next_chunk = following
            self._chunks += 1
            if self._chunks > MOST_CHUNKS:
                self._cut()
                return self._end

    def _cut(self) -> None:
        self.is_cut = True
        self._end = len(self._bytes)
