"""Calendars cut time into periods: in PromQL for the rules, in Python for those who read them.

The id of a period is a number: 2026112413 for an hour, 20261124 for a day, 202611 for a month.
"""

from dataclasses import dataclass
from datetime import MAXYEAR, UTC, datetime, timedelta
from string import Template

from quotas import names

HOUR_SECONDS = 3_600
DAY_SECONDS = 86_400


@dataclass(frozen=True)
class Calendar:
    """A rule that cuts time into periods, in UTC."""

    name: str
    longest_period_seconds: int
    # PromQL: the id of the period that holds $at, as a vector of one element; $at is a vector of
    # Unix seconds, or nothing for the time of the evaluation.
    period_id: str
    # PromQL, scalars: seconds from the current period's start until now, and until its end.
    elapsed_seconds: str
    length_seconds: str
    # The shape of the id, for strptime and as a regular expression for a label matcher.
    id_format: str
    id_pattern: str
    title_format: str


HOUR = Calendar(
    name="hour",
    longest_period_seconds=HOUR_SECONDS,
    period_id=("year($at) * 1000000 + month($at) * 10000 + day_of_month($at) * 100 + hour($at)"),
    elapsed_seconds="(time() % 3600)",
    length_seconds="3600",
    id_format="%Y%m%d%H",
    id_pattern="[0-9]{10}",
    title_format="{0.day} {0:%B} {0.year}, {0:%H}:00 to {1:%H}:00 UTC",
)
DAY = Calendar(
    name="day",
    longest_period_seconds=DAY_SECONDS,
    period_id=("year($at) * 10000 + month($at) * 100 + day_of_month($at)"),
    elapsed_seconds="(time() % 86400)",
    length_seconds="86400",
    id_format="%Y%m%d",
    id_pattern="[0-9]{8}",
    title_format="{0.day} {0:%B} {0.year}",
)
MONTH = Calendar(
    name="month",
    longest_period_seconds=31 * DAY_SECONDS,
    period_id="year($at) * 100 + month($at)",
    elapsed_seconds="((scalar(day_of_month()) - 1) * 86400 + time() % 86400)",
    length_seconds="(scalar(days_in_month()) * 86400)",
    id_format="%Y%m",
    id_pattern="[0-9]{6}",
    title_format="{0:%B} {0.year}",
)
CALENDARS = {calendar.name: calendar for calendar in (HOUR, DAY, MONTH)}


@dataclass(frozen=True)
class Period:
    """One stretch of a calendar; ``start`` belongs to it, ``end`` to the next. Both are in UTC."""

    id: int
    title: str
    start: datetime
    end: datetime


def period_of(calendar: Calendar, period_id: str) -> Period:
    """Return the period with this id.

    Raises:
        ValueError: the id is none of this calendar's.

    """
    start = datetime.strptime(period_id, calendar.id_format).replace(tzinfo=UTC)
    if start.strftime(calendar.id_format) != period_id or start.year == MAXYEAR:
        raise ValueError(f'"{period_id}" is no {calendar.name}')
    end = _next_start(calendar, start)
    return Period(int(period_id), calendar.title_format.format(start, end), start, end)


def period_at(calendar: Calendar, time: datetime) -> Period:
    """Return the period that holds an aware point in time."""
    return period_of(calendar, time.astimezone(UTC).strftime(calendar.id_format))


def period_label_query(calendar: Calendar, at: str = "") -> str:
    """Return PromQL for a vector of one element, 1, whose label is the id of the period.

    Args:
        calendar: the calendar that the period is one of.
        at: a vector of Unix seconds, such as ``vector(time() - 60)``; by default now.

    """
    return f'count_values("{names.PERIOD}", {Template(calendar.period_id).substitute(at=at)})'


def _next_start(calendar: Calendar, start: datetime) -> datetime:
    beyond = start + timedelta(seconds=calendar.longest_period_seconds)
    # A month that is shorter than 31 days: back to the first of the month that was reached.
    return beyond.replace(day=1) if calendar is MONTH else beyond
