"""Numbers of bytes: which can be some, and how they are written."""

from collections.abc import Sequence

from quotas.http.exchange import BadAnswerError

# Nobody moves that much. Sums of such stay finite.
MOST_BYTES = 2.0**63
# From here on a float has no place for ones, and JSON's readers have none for such integers.
_EXACT_UNTIL = 2.0**53


def check_bytes(value: float) -> float:
    """Return a value that Prometheus gave.

    Raises:
        BadAnswerError: it cannot be a number of bytes.

    """
    if not 0 <= value <= MOST_BYTES:
        raise BadAnswerError("a value in its answer cannot be a number of bytes")
    return value


def whole(value: float) -> float:
    """Return a whole number as one, so that it is written without a fraction: 9133, not 9133.0."""
    return int(value) if value.is_integer() and abs(value) <= _EXACT_UNTIL else float(value)


def whole_all(values: Sequence[float]) -> list[float]:
    """Return the same of each value."""
    if max(values, default=0.0) <= _EXACT_UNTIL and all(map(float.is_integer, values)):
        return list(map(int, values))
    return [whole(value) for value in values]
