"""Numbers of bytes: validated when Prometheus gives them, and written without a fraction."""

from collections.abc import Sequence

from quotas.http.exchange import BadAnswerError

# More than anybody moves, and sums of such numbers stay finite.
MOST_BYTES = 2.0**63
# Beyond, a float cannot hold every integer, and JavaScript's JSON cannot read it.
_EXACT_UNTIL = 2.0**53


def check_bytes(value: float) -> float:
    """Return a value from Prometheus if it can be a number of bytes.

    Raises:
        BadAnswerError: it cannot.

    """
    if not 0 <= value <= MOST_BYTES:
        raise BadAnswerError("a value in its answer cannot be a number of bytes")
    return value


def as_whole(value: float) -> float:
    """Return a whole number as an int, so that JSON has 9133 and not 9133.0."""
    return int(value) if value.is_integer() and abs(value) <= _EXACT_UNTIL else float(value)


def all_as_whole(values: Sequence[float]) -> list[float]:
    """Return each of the values as ``as_whole`` does; faster than one by one."""
    if max(values, default=0.0) <= _EXACT_UNTIL and all(map(float.is_integer, values)):
        return list(map(int, values))
    return [as_whole(value) for value in values]
