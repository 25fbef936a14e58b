"""Time zones as arithmetic: the offsets of the coming years, since PromQL knows UTC alone."""

from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

# The span that is compiled: from before any history worth a backfill, until at least ten years
# from now, in steps of five years so that rules do not change from one day to the next.
FIRST_YEAR = 2024
YEARS_AHEAD = 10
YEARS_STEP = 5


def last_year(now: datetime) -> int:
    """Return the year at whose end the compiled offsets end: at least ten years from ``now``."""
    year = now.year + YEARS_AHEAD
    return -(-year // YEARS_STEP) * YEARS_STEP


@cache
def offset_changes(zone: str, first_year: int, end_year: int) -> tuple[tuple[int, int], ...]:
    """Return when a zone's offset changes, and to what, both in seconds; the first is the start.

    Args:
        zone: an IANA name.
        first_year: the year whose start is the first entry.
        end_year: the year before whose start the entries end.

    """
    start = int(datetime(first_year, 1, 1, tzinfo=UTC).timestamp())
    end = int(datetime(end_year, 1, 1, tzinfo=UTC).timestamp())
    changes = [(start, _offset_at(zone, start))]
    for day in range(start, end, 86_400):
        if _offset_at(zone, day + 86_400) != changes[-1][1]:
            changes.append(_first_change(zone, day, day + 86_400))
    return tuple(changes)


def _first_change(zone: str, before: int, after: int) -> tuple[int, int]:
    """Return when the offset at ``before`` ends, to the second, and which one follows."""
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
    """Return PromQL, a scalar, for the seconds that a zone's clocks are ahead of UTC.

    Args:
        zone: an IANA name.
        at: a scalar of Unix seconds.
        now: the time of the compilation, which the span follows from.

    """
    (_, first), *changes = offset_changes(zone, FIRST_YEAR, last_year(now) + 1)
    terms = [str(first)]
    for (time, offset), before in zip(changes, [first, *(o for _, o in changes)], strict=False):
        sign = "+" if offset > before else "-"
        terms.append(f"{sign} {abs(offset - before)} * ({at} >= bool {time})")
    return "\n".join(terms)
