"""Receive the body of an answer, and stop to keep it once it has more numbers than are wanted."""

from collections.abc import Callable, Iterator

from quotas.http.exchange import TooLargeError

# An answer that is larger counts as large.
LARGE_ANSWER_BYTES = 256 * 1024

# Each value is written as [time,"number"], and each series of a range has one list of them.
_VALUE_END = b'"]'
_SERIES = b'"values":'


class TooManyNumbersError(TooLargeError):
    """The answer has more numbers than are wanted. ``series`` is how many series it has."""

    def __init__(self, series: int) -> None:
        self.series = series
        super().__init__(f"its answer has too many numbers, in {series} series")


class _Counter:
    """How often a pattern occurs in bytes that arrive in chunks."""

    def __init__(self, pattern: bytes) -> None:
        self._pattern = pattern
        self._tail = b""
        self.count = 0

    def add(self, chunk: bytes) -> None:
        window = self._tail + chunk
        self.count += window.count(self._pattern)
        self._tail = window[1 - len(self._pattern) :]


def receive(
    chunks: Iterator[bytes], most_numbers: float, begin_large: Callable[[], object]
) -> bytearray:
    """Return the body of an answer.

    Args:
        chunks: the body in parts.
        most_numbers: how many values it may have.
        begin_large: called once before more than LARGE_ANSWER_BYTES are kept.

    Raises:
        TooManyNumbersError: it has more values. Their series were counted, and not kept.

    """
    values, series = _Counter(_VALUE_END), _Counter(_SERIES)
    body = bytearray()
    is_large = False
    for chunk in chunks:
        values.add(chunk)
        series.add(chunk)
        if values.count > most_numbers:
            body.clear()
            continue
        if not is_large and len(body) + len(chunk) > LARGE_ANSWER_BYTES:
            is_large = True
            begin_large()
        body += chunk
    if values.count > most_numbers:
        raise TooManyNumbersError(max(1, series.count))
    return body
