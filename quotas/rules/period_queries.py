"""Calendars in PromQL: the period of a time, its elapsed seconds and its remaining seconds.

Each expression shifts the time so that the period starts at a boundary of PromQL's functions
(midnight, the first of the month). ``quotas.rules.timezones`` adds the offsets of time zones.
``quotas.calendars`` computes the same periods in Python.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from itertools import pairwise
from string import Template

from quotas import names
from quotas.calendars import (
    DAY_SECONDS,
    HOUR_SECONDS,
    WEEK_SECONDS,
    Calendar,
    Kind,
    Period,
    period_at,
)
from quotas.rules.timezones import FIRST_YEAR, last_year, local_time, offset_changes

_IDS: dict[Kind, str] = {
    "hour": "year($at) * 1000000 + month($at) * 10000 + day_of_month($at) * 100 + hour($at)",
    "day": "year($at) * 10000 + month($at) * 100 + day_of_month($at)",
    "week": "year($at) * 10000 + month($at) * 100 + day_of_month($at)",
    "month": "year($at) * 100 + month($at)",
}
# Unix time begins on 1 January 1970, a Thursday, three days after a Monday.
_DAYS_FROM_MONDAY_TO_EPOCH = 3


@dataclass(frozen=True)
class PeriodQueries:
    """PromQL about the period that contains a time. Each is a vector with at most one element.

    Attributes:
        label: the value is 1, and the label ``period`` is the id.
        elapsed_seconds: the seconds since the period began, without labels.
        left_seconds: the seconds until it ends, without labels.

    Both are true seconds, also in periods in which clocks change.

    """

    label: str
    elapsed_seconds: str
    left_seconds: str


def period_queries(calendar: Calendar, at: str, now: datetime, *, local: str = "") -> PeriodQueries:
    """Return PromQL about the period that contains a time.

    Args:
        calendar: the calendar.
        at: the time, a scalar in Unix seconds such as ``time()``.
        now: the time of the compilation. Offsets are compiled for at least ten years from then.
        local: the time on the clocks of the calendar's time zone, a vector with at most one
            element; by default computed from ``at``.

    """
    local = local or f"vector({local_time(calendar.timezone, at, now)})"
    _, elapsed, length = _cut(calendar, local, f"vector({at})")
    label = period_labels(calendar, local, f"vector({at})")
    left = f"{length} - ({elapsed})"
    if calendar.timezone == "UTC" or calendar.kind == "hour":
        return PeriodQueries(label, elapsed, left)
    corrections = _clock_corrections(calendar, last_year(now) + 1)
    return PeriodQueries(
        label,
        _correct(elapsed, at, [(start, end, seconds) for start, end, seconds, _ in corrections]),
        _correct(left, at, [(start, end, seconds) for start, end, _, seconds in corrections]),
    )


def period_labels(calendar: Calendar, local: str, utc: str, by: str = "") -> str:
    """Return PromQL for elements of value 1, whose label ``period`` is the id of a period.

    Args:
        calendar: the calendar.
        local: the times on the clocks of the calendar's time zone, a vector.
        utc: the same times in Unix seconds, a vector.
        by: the label that tells the times apart.

    """
    shifted, _, _ = _cut(calendar, local, utc)
    period_id = Template(_IDS[calendar.kind]).substitute(at=shifted)
    count = f"count_values by ({by}) " if by else "count_values"
    return f'{count}("{names.PERIOD}", {period_id})'


def _cut(calendar: Calendar, local: str, utc: str) -> tuple[str, str, str]:
    """Return the time from which the id is read, the seconds elapsed on the clocks, and the length.

    The period starts at a boundary of PromQL's functions, as the time is shifted.
    """
    match calendar.kind:
        case "hour":
            return _hour(calendar, local, utc)
        case "day":
            return local, f"{local} % {DAY_SECONDS}", str(DAY_SECONDS)
        case "week":
            days = (_DAYS_FROM_MONDAY_TO_EPOCH - calendar.anchor_weekday) % 7
            elapsed = f"({_plus(local, days * DAY_SECONDS)}) % {WEEK_SECONDS}"
            return f"{local} - {elapsed}", elapsed, str(WEEK_SECONDS)
        case "month":
            shifted = _plus(local, -(calendar.anchor_day - 1) * DAY_SECONDS)
            elapsed = f"(day_of_month({shifted}) - 1) * {DAY_SECONDS} + ({shifted}) % {DAY_SECONDS}"
            return shifted, elapsed, f"days_in_month({shifted}) * {DAY_SECONDS}"


@cache
def _clock_corrections(calendar: Calendar, end_year: int) -> list[tuple[int, int, int, int]]:
    """Return how far clocks are off in the periods in which, or at whose ends, they change.

    Returns:
        Tuples of Unix times from and until when, the elapsed seconds on the clocks minus the true
        ones, and the same of the remaining seconds.

    """
    changes = [at for at, _ in offset_changes(calendar.timezone, FIRST_YEAR, end_year)[1:]]
    beside = [at for change in changes for at in (change - 1, change)]
    periods = {
        period.id: period
        for period in (period_at(calendar, datetime.fromtimestamp(at, UTC)) for at in beside)
    }
    corrections = []
    for period in periods.values():
        first, last = int(period.start.timestamp()), int(period.end.timestamp())
        edges = [first, *(change for change in changes if first < change < last), last]
        for start, end in pairwise(edges):
            elapsed, left = _on_clocks(period, start)
            corrections.append((start, end, elapsed - (start - first), left - (last - start)))
    return corrections


def _on_clocks(period: Period, at: int) -> tuple[int, int]:
    """Return the seconds on the clocks since the first midnight of a period, and until its last."""
    start, end = (
        edge.replace(hour=0, minute=0, second=0, tzinfo=None) for edge in (period.start, period.end)
    )
    local = datetime.fromtimestamp(at, period.start.tzinfo).replace(tzinfo=None)
    return int((local - start).total_seconds()), int((end - local).total_seconds())


def _correct(seconds: str, at: str, corrections: list[tuple[int, int, int]]) -> str:
    terms = [
        f"{'-' if more > 0 else '+'} {abs(more)} * ({at} >= bool {start}) * ({at} < bool {end})"
        for start, end, more in corrections
        if more
    ]
    return "\n".join([seconds, *terms])


def _hour(calendar: Calendar, local: str, utc: str) -> tuple[str, str, str]:
    # The id of an hour is that of UTC, because a time zone's clocks show one hour a year twice.
    elapsed = f"{local} % {HOUR_SECONDS}"
    changes = offset_changes(calendar.timezone, FIRST_YEAR, FIRST_YEAR + 1)
    has_whole_hours = all(offset % HOUR_SECONDS == 0 for _, offset in changes)
    shifted = utc if has_whole_hours else f"{utc} - on ({names.QUARTER_HOUR}) {elapsed}"
    return shifted, elapsed, str(HOUR_SECONDS)


def _plus(expression: str, seconds: int) -> str:
    if seconds == 0:
        return expression
    return f"{expression} {'+' if seconds > 0 else '-'} {abs(seconds)}"


def compiled_until(calendar: Calendar, now: datetime) -> int | None:
    """Return the last year for which offsets are compiled; None for a calendar in UTC."""
    return None if calendar.timezone == "UTC" else last_year(now)
