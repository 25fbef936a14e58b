"""Numbers and times as people read them. All are rounded down: 99.99 % never reads as 100 %."""

import math
from datetime import datetime
from decimal import ROUND_DOWN

from quotas.units import format_size, parse_size

LARGEST_BYTES = 10**18
_DAY_SECONDS = 86_400


def parse_bytes(text: str | None) -> int | None:
    """Return the bytes of an annotation, or None where it is no number of bytes.

    Prometheus may write it as ``4.502e+11``.
    """
    try:
        number = float(text or "")
    except ValueError:
        return None
    return int(number) if math.isfinite(number) and 0 <= number <= LARGEST_BYTES else None


def format_percent(part: int, whole: int) -> str:
    """Return ``90 %`` or ``90.4 %``: the share, with one digit, rounded down."""
    units, tenths = divmod(part * 1_000 // whole, 10)
    return f"{units}.{tenths} %" if tenths else f"{units} %"


def format_amount(size_bytes: int, limit_bytes: int) -> str:
    """Return an amount as sizes of its limit's kind; what is below the limit never reads as it."""
    binary = is_binary(limit_bytes)
    text = format_size(size_bytes, binary=binary)
    if size_bytes < limit_bytes and text == format_size(limit_bytes, binary=binary):
        return format_size(size_bytes, binary=binary, rounding=ROUND_DOWN)
    return text


def format_bytes(size_bytes: int) -> str:
    """Return every byte: ``450,200,000,000 bytes``."""
    return f"{size_bytes:,} byte{'' if size_bytes == 1 else 's'}"


def is_binary(limit_bytes: int) -> bool:
    """Return whether a limit is round in GiB rather than GB, as its author wrote it.

    >>> is_binary(10 * 2**30), is_binary(500 * 10**9)
    (True, False)
    """
    return _reads_back(limit_bytes, binary=True) and not _reads_back(limit_bytes, binary=False)


def _reads_back(size_bytes: int, *, binary: bool) -> bool:
    try:
        return parse_size(format_size(size_bytes, binary=binary)) == size_bytes
    except ValueError:  # such as 9.765 KiB, which is no whole number of bytes
        return False


def format_time(time: datetime) -> str:
    """Return ``1 December 2026, 00:00 UTC``, with the name of its zone, for an aware time."""
    zone = getattr(time.tzinfo, "key", "") or "UTC"
    return f"{time.day} {time:%B %Y, %H:%M} {zone}"


def format_pace(bytes_per_second: float, *, binary: bool) -> str:
    """Return ``12.3 GB a day``.

    >>> format_pace(1_000_000, binary=False)
    '86.4 GB a day'
    """
    return f"{format_size(int(bytes_per_second * _DAY_SECONDS), binary=binary)} a day"
