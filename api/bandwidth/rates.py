"""Rates in bits per second, and percentiles of windows, by which bandwidth is bought."""

from collections.abc import Sequence
from math import ceil

from api.byte_numbers import as_whole
from api.windows import Windows

BYTES = "bytes"
BITS_PER_SECOND = "bits_per_second"
UNITS = (BYTES, BITS_PER_SECOND)
_BITS_IN_A_BYTE = 8
_DECIMALS = 3


def to_unit(column: Sequence[float | None], windows: Windows, unit: str) -> list[float | None]:
    """Return the bytes of each window in a unit. The rate of a partial window is that so far."""
    if unit == BYTES:
        return list(column)
    bounds = zip(windows.starts_ms, windows.ends_ms, column, strict=True)
    return [
        None if moved is None else _rate(moved, (end_ms - start_ms) / 1000)
        for start_ms, end_ms, moved in bounds
    ]


def _rate(moved: float, seconds: float) -> float:
    return as_whole(round(_BITS_IN_A_BYTE * moved / seconds, _DECIMALS))


def percentile_of(
    column: Sequence[float | None], windows: Windows, percent: int | None
) -> float | None:
    """Return the value that so many percent of the windows do not exceed (the nearest rank).

    Windows that are partial, or in which no gateway was observed, do not count. None if no percent
    is asked for, or no window counts.
    """
    whole = column[:-1] if windows.partial_last else column
    known = sorted(value for value in whole if value is not None)
    if percent is None or not known:
        return None
    return known[ceil(percent * len(known) / 100) - 1]
