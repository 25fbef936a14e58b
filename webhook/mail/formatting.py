"""Numbers and times as mails show them.

The dashboard shows the same values in the same words: ``api/static/dashboard/format.js`` follows
these rules too, and ``tests/formatting_cases.json`` tests both.

Sizes: at most four significant digits, no trailing zeros, rounded to the nearest (a half to the
even digit). Units are decimal, kB to PB. If a limit is round in binary units only, such as
10 GiB, it and the sizes beside it are binary. If the unit of quotas.yaml is known, it decides:
``600 KiB`` and ``1500 GB`` stay as they are, and no size beside them has a larger unit: ``3628 MB
of 4600 MB``. A size below its limit never reads like the limit.
Exact sizes are whole bytes: ``450,200,000,000 bytes``, ``1 byte``.

Percentages: rounded down to one decimal, without ``.0``, so that 99.99 % never reads as 100 %.
Anything between 0 and 0.1 % is ``< 0.1 %``. Numbers count as the decimals they are written as:
0.58 is 58 %, although its binary float is a little less.

Durations: the two largest units that matter, rounded down: ``6 d 4 h``. A unit that is zero is
left out, and so are seconds from ten minutes on. Zero is ``0 s``.

Times: day, month, year and a 24-hour clock. Mails name the time zone. The dashboard uses the
browser's and leaves out what is clear without it.

A value that is not known is an en dash.
"""

import math
from datetime import datetime
from decimal import ROUND_DOWN
from fractions import Fraction
from functools import partial

from quotas.units import BINARY_UNITS, UNITS, format_size

UNKNOWN = "\N{EN DASH}"
_DAY_SECONDS = 86_400
_TEN_MINUTES_SECONDS = 600
_DURATION_UNITS = {"d": _DAY_SECONDS, "h": 3_600, "min": 60, "s": 1}


def format_amount(size_bytes: float | None, limit_bytes: int | None, limit_unit: str = "") -> str:
    """Return a size in the units of its limit. Below the limit it never reads like the limit.

    ``limit_unit`` is the unit in which quotas.yaml gives the limit. Empty if it is unknown.
    """
    if size_bytes is None:
        return UNKNOWN
    if limit_bytes is None:
        return format_size(size_bytes)
    if size_bytes == limit_bytes and limit_unit:
        return _format_in_unit(limit_bytes, limit_unit)
    show = partial(format_size, binary=is_binary(limit_bytes, limit_unit), largest=limit_unit)
    text, limit = show(size_bytes), show(limit_bytes)
    if size_bytes >= limit_bytes or text != limit:
        return text
    # The limit may itself be rounded down: stay below what it reads as.
    below = math.ceil(_bytes_of(limit)) - 1
    return show(min(size_bytes, below), rounding=ROUND_DOWN)


def _format_in_unit(limit_bytes: int, unit: str) -> str:
    """Return ``1500 GB``, or the usual form if that needs more than three decimals."""
    number = Fraction(limit_bytes, UNITS[unit])
    thousandths = number * 1_000
    if thousandths.denominator != 1:
        return format_size(limit_bytes, binary=unit in BINARY_UNITS)
    return f"{float(number):.3f}".rstrip("0").rstrip(".") + f" {unit}"


def is_binary(limit_bytes: int, limit_unit: str = "") -> bool:
    """Return whether a limit is given in binary units: by its unit, or if it is round only there.

    >>> is_binary(10 * 2**30), is_binary(500 * 10**9), is_binary(600 * 2**10, "KiB")
    (True, False, True)
    """
    if limit_unit:
        return limit_unit in BINARY_UNITS
    binary, decimal = (
        _bytes_of(format_size(limit_bytes, binary=binary)) == limit_bytes
        for binary in (True, False)
    )
    return binary and not decimal


def _bytes_of(size: str) -> Fraction:
    number, unit = size.split(" ")
    return Fraction(number) * UNITS[unit]


def format_bytes(size_bytes: int | None) -> str:
    """Return every byte: ``450,200,000,000 bytes``."""
    if size_bytes is None:
        return UNKNOWN
    return f"{size_bytes:,} byte{'' if size_bytes == 1 else 's'}"


def format_percent(part: float | None, whole: float | None = 1) -> str:
    """Return the share of ``part`` in ``whole``: ``90 %`` or ``90.4 %``. A ratio is a part of 1."""
    if part is None or not whole:
        return UNKNOWN
    tenths = Fraction(str(part)) * 1_000 // Fraction(str(whole))
    if part > 0 and tenths == 0:
        return "< 0.1 %"
    percent, tenth = divmod(tenths, 10)
    return f"{percent:,}.{tenth} %" if tenth else f"{percent:,} %"


def format_duration(seconds: float | None) -> str:
    """Return ``6 d 4 h``.

    Prometheus's form, ``6d4h``, is that of ``quotas.units.format_duration``.
    """
    if seconds is None:
        return UNKNOWN
    rest = max(0, math.floor(seconds))
    if rest >= _TEN_MINUTES_SECONDS:
        rest -= rest % 60
    first = next((size for size in _DURATION_UNITS.values() if rest >= size), 1)
    units = [(name, size) for name, size in _DURATION_UNITS.items() if size <= first]
    parts = []
    for name, size in units[:2]:
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count} {name}")
    return " ".join(parts) or "0 s"


def format_time(time: datetime) -> str:
    """Return ``1 December 2026, 00:00 UTC``, with the name of its zone. ``time`` must be aware."""
    zone = getattr(time.tzinfo, "key", "") or "UTC"
    return f"{time.day} {time:%B %Y, %H:%M} {zone}"


def format_pace(bytes_per_second: float, *, binary: bool) -> str:
    """Return ``12.3 GB a day``.

    >>> format_pace(1_000_000, binary=False)
    '86.4 GB a day'
    """
    return f"{format_size(int(bytes_per_second * _DAY_SECONDS), binary=binary)} a day"
