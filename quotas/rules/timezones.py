"""The offsets of a time zone in PromQL, which itself supports only UTC.

The expressions list every change of the zone's clocks, from 2024 until at least ten years ahead.
"""

from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

# The first year that is compiled; no older history is worth a backfill.
FIRST_YEAR = 2024
# The last year is a multiple of five, so that the rules change only once in five years.
YEARS_AHEAD = 10
YEARS_STEP = 5


def last_year(now: datetime) -> int:
    """Return the last year for which offsets are compiled, at least ten years after ``now``."""
    year = now.year + YEARS_AHEAD
    return -(-year // YEARS_STEP) * YEARS_STEP


@cache
def offset_changes(zone: str, first_year: int, end_year: int) -> tuple[tuple[int, int], ...]:
    """Return the offsets of a zone: pairs of Unix time and seconds ahead of UTC from then on.

    Args:
        zone: an IANA name.
        first_year: the first pair is the offset at the start of this year.
        end_year: the changes end before the start of this year.

    """
    start = int(datetime(first_year, 1, 1, tzinfo=UTC).timestamp())
    end = int(datetime(end_year, 1, 1, tzinfo=UTC).timestamp())
    changes = [(start, _offset_at(zone, start))]
    for day in range(start, end, 86_400):
        if _offset_at(zone, day + 86_400) != changes[-1][1]:
            changes.append(_first_change(zone, day, day + 86_400))
    return tuple(changes)


def has_changes(zone: str) -> bool:
    """Return whether the clocks of a zone change between FIRST_YEAR and ten years later."""
    return len(offset_changes(zone, FIRST_YEAR, FIRST_YEAR + YEARS_AHEAD)) > 1


def _first_change(zone: str, before: int, after: int) -> tuple[int, int]:
    """Return the second at which the offset at ``before`` changes, and the new offset."""
    old = _offset_at(zone, before)
    while after - before > 1:
        middle = (before + after) // 2
        if _offset_at(zone, middle) == old:
            before = middle
        else:
            after = middle
    return after, _offset_at(zone, after)


def _offset_at(zone: str, time: int) -> int:
    offset = datetime.fromtimestamp(time, ZoneInfo(zone)).utcoffset() or timedelta()
    return int(offset.total_seconds())


def offset_query(zone: str, at: str, now: datetime) -> str:
    """Return PromQL for a scalar: how many seconds a zone's clocks are ahead of UTC.

    Args:
        zone: an IANA name.
        at: the time, a scalar in Unix seconds such as ``time()``.
        now: the time of the compilation. Offsets are compiled for at least ten years from then.

    """
    (_, first), *changes = offset_changes(zone, FIRST_YEAR, last_year(now) + 1)
    terms = [str(first)]
    for (time, offset), before in zip(changes, [first, *(o for _, o in changes)], strict=False):
        sign = "+" if offset > before else "-"
        terms.append(f"{sign} {abs(offset - before)} * ({at} >= bool {time})")
    return "\n".join(terms)


def local_time(zone: str, at: str, now: datetime) -> str:
    """Return PromQL for a scalar: what a zone's clocks show, in seconds since they showed 1970."""
    return at if zone == "UTC" else f"{at} + {offset_query(zone, at, now)}"
