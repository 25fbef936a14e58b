"""Files over a socket that count bytes, and reading the body of a request from them."""

import io
import socket
from email.message import Message

BLOCK_BYTES = 64 * 1024
# The longest line of a chunked body; nginx has a similar limit.
LINE_BYTES = 8 * 1024


class BodyError(Exception):
    """The body of a request does not match its headers; the message says how."""


class CountingReader(io.BufferedReader):
    """Counts the bytes that were read from it, not those that it has read ahead.

    ``last_line`` is b"" if the client has disconnected before the end of a line.
    """

    count_bytes = 0
    last_line = b""

    def readline(self, size: int | None = -1, /) -> bytes:
        """Read one line."""
        self.last_line = super().readline(size)
        self.count_bytes += len(self.last_line)
        return self.last_line

    def read1(self, size: int = -1, /) -> bytes:
        """Read what has arrived; b"" means that the client has disconnected."""
        block = super().read1(size)
        self.count_bytes += len(block)
        return block


class CountingWriter(io.BufferedIOBase):
    """Counts the bytes that the kernel accepted, also if the client disconnects meanwhile."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self.count_bytes = 0

    def writable(self) -> bool:
        """Return True, as ``io`` requires."""
        return True

    def write(self, data: bytes | memoryview, /) -> int:  # type: ignore[override]
        """Send all of ``data``. If sendall failed, the number of sent bytes would be unknown."""
        rest = memoryview(data)
        while rest:
            sent_bytes = self._connection.send(rest)
            self.count_bytes += sent_bytes
            rest = rest[sent_bytes:]
        return len(data)


def request_path(target: str) -> str:
    """Return the path of a request's target, which may be a whole URL, even an invalid one."""
    path = target.partition("?")[0]
    if path.startswith("/"):
        return path
    return "/" + path.partition("://")[2].partition("/")[2]


def skip_body(reader: CountingReader, headers: Message, limit_bytes: int) -> None:
    """Read the body of a request and drop it.

    The headers must be valid: ``refused`` has let them pass.

    Raises:
        BodyError: a chunk is invalid, or the body is larger than ``limit_bytes`` or ends early.
            The rest of the connection is unusable.

    """
    length = headers.get("Content-Length")
    if "Transfer-Encoding" in headers:
        _skip_chunks(reader, limit_bytes)
    elif length is not None:
        _skip(reader, _within(int(length), limit_bytes))


def _skip_chunks(reader: CountingReader, limit_bytes: int) -> None:
    total_bytes = 0
    while size_bytes := _chunk_size(reader):
        total_bytes = _within(total_bytes + size_bytes, limit_bytes)
        _skip(reader, size_bytes)
        if _line(reader) != b"":
            raise BodyError("a chunk is longer than it says")
    trailers = 0
    while _line(reader) != b"":
        trailers = _within(trailers + 1, 100)


def _chunk_size(reader: CountingReader) -> int:
    digits = _line(reader).partition(b";")[0].strip()
    if not digits.isalnum():
        raise BodyError(f"{digits!r} is no size of a chunk")
    try:
        return int(digits, 16)
    except ValueError:
        raise BodyError(f"{digits!r} is no size of a chunk") from None


def _line(reader: CountingReader) -> bytes:
    line = reader.readline(LINE_BYTES)
    if not line.endswith(b"\n"):
        raise BodyError("the body ends early, or a line in it is too long")
    return line.rstrip(b"\r\n")


def _skip(reader: CountingReader, size_bytes: int) -> None:
    while size_bytes > 0:
        block = reader.read1(min(size_bytes, BLOCK_BYTES))
        if not block:
            raise BodyError("the client went before the end of its body")
        size_bytes -= len(block)


def _within(number: int, limit: int) -> int:
    if number > limit:
        raise BodyError(f"the body is above the limit of {limit}")
    return number
