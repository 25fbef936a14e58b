"""Where the axes of a chart have marks, and how these are labelled."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from quotas.units import BINARY_UNITS, DECIMAL_UNITS, UNITS

# Between two marks of an axis of bytes, in its unit and powers of ten.
_NICE = (Fraction(1), Fraction(2), Fraction(5, 2), Fraction(5), Fraction(10))
# With numbers outside of these, the axis has another unit.
_SMALLEST_TOP, _LARGEST_TOP = Fraction(1, 10), 10_000
_MINUTES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 10, 15, 20, 30))
_HOURS = tuple(timedelta(hours=hours) for hours in (1, 2, 3, 4, 6, 12))
_DAYS = (1, 2, 7, 14, 28, 56, 112, 366)


def size_ticks(top_bytes: int, unit: str, most: int, *, binary: bool) -> list[tuple[int, str]]:
    """Return marks from zero to at most ``top_bytes`` (above zero), with their labels.

    Args:
        top_bytes: where the axis ends.
        unit: the unit of the limit in quotas.yaml. Empty if it is unknown.
        most: how many marks above zero there are at most.
        binary: whether the limit is given in binary units.

    """
    unit = _unit_for(top_bytes, unit, binary=binary)
    size = UNITS[unit]
    step = _nice_step(max(Fraction(1, size), Fraction(top_bytes + 1, size * (most + 1))))
    numbers = [step * count for count in range(1, most + 1) if step * count * size <= top_bytes]
    return [(0, "0"), *((int(number * size), f"{_text(number)} {unit}") for number in numbers)]


def _unit_for(top_bytes: int, unit: str, *, binary: bool) -> str:
    if unit and _SMALLEST_TOP <= Fraction(top_bytes, UNITS[unit]) < _LARGEST_TOP:
        return unit
    units = {"B": 1} | BINARY_UNITS if binary else DECIMAL_UNITS
    return [name for name, size in units.items() if size <= top_bytes][-1]


def _nice_step(least: Fraction) -> Fraction:
    """Return the smallest 1, 2 or 5 times a power of ten that is at least ``least``."""
    power = Fraction(1)
    while power > least:
        power /= 10
    while power * 10 < least:
        power *= 10
    return next(nice * power for nice in _NICE if nice * power >= least)


def _text(number: Fraction) -> str:
    """Return a number that has few decimals, with separators: ``1,500`` or ``0.25``."""
    return f"{int(number):,}" if number.denominator == 1 else f"{float(number):g}"


def time_ticks(start: datetime, end: datetime, most: int) -> list[tuple[datetime, str]]:
    """Return at most ``most`` marks from ``start`` to ``end``, with their labels.

    They are at whole hours or days of the time zone of ``start``.
    """
    length = end - start
    for step in (*_MINUTES, *_HOURS):
        if length / step < most:
            return [(at, f"{at:%H:%M}") for at in _moments(start, end, step)]
    step_days = next(days for days in _DAYS if length / timedelta(days=days) < most)
    return [(at, f"{at.day} {at:%b}") for at in _midnights(start, end, step_days)]


def _moments(start: datetime, end: datetime, step: timedelta) -> Sequence[datetime]:
    """Return the moments at whole steps since midnight, as the clock on the wall shows them."""
    zone = start.tzinfo
    moment = start.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    last = end.astimezone(zone).replace(tzinfo=None)
    found = []
    while moment <= last:
        at = moment.replace(tzinfo=zone)
        # Clocks may skip this time of the day.
        if start <= at <= end and at.astimezone(UTC).astimezone(zone) == at:
            found.append(at)
        moment += step
    return found


def _midnights(start: datetime, end: datetime, step_days: int) -> Sequence[datetime]:
    first = start.replace(hour=0, minute=0, second=0, microsecond=0)
    if first < start:
        first += timedelta(days=1)
    found = []
    at = first
    while at <= end:
        found.append(at)
        at += timedelta(days=step_days)
    return found
