"""Calendars, which cut time into hours, days, weeks or months, and rolling windows.

Each period has a number as its id: 2026112413 for an hour (in UTC), 20261124 for a day, 20261123
for the week that begins on that day, and 202611 for a month. A month with an anchor day has the id
of the month in which it begins. ``quotas.rules.period_queries`` computes the same in PromQL.
"""

from dataclasses import dataclass
from datetime import MAXYEAR, UTC, datetime, timedelta, tzinfo
from functools import cache
from typing import Literal
from zoneinfo import ZoneInfo, available_timezones

from quotas.units import format_duration, parse_duration

# How long a period can be. A new kind also needs:
# - in this module: its length, the format of its id, its first day, its last day and its title;
# - quotas/file/period_parsers.py: how opening_period is written;
# - quotas/file/consistency.py: an example of that;
# - quotas/rules/period_queries.py: its id, its start and its length in PromQL;
# - quotas/rules/forecasts.py: how long a forecast must last before its alert fires;
# - api/windows.py: its name as a step.
# mypy or tests/unit/quotas/test_kinds.py fails for each of these that is missing.
Kind = Literal["hour", "day", "week", "month"]

HOUR_SECONDS = 3_600
DAY_SECONDS = 86_400
WEEK_SECONDS = 7 * DAY_SECONDS
LONGEST_SECONDS: dict[Kind, int] = {
    "hour": HOUR_SECONDS,
    "day": DAY_SECONDS,
    "week": WEEK_SECONDS,
    "month": 31 * DAY_SECONDS,
}
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
LAST_ANCHOR_DAY = 28
# Files that ``zoneinfo`` lists: another zone on each machine, and none at all.
_NOT_ZONES = {"localtime", "Factory"}

_ID_FORMATS: dict[Kind, str] = {
    "hour": "%Y%m%d%H",
    "day": "%Y%m%d",
    "week": "%Y%m%d",
    "month": "%Y%m",
}


@dataclass(frozen=True)
class Calendar:
    """A rule that cuts time into periods, in a time zone.

    Attributes:
        kind: how long a period is.
        anchor_day: the day of the month on which a month begins, from 1 to 28.
        anchor_weekday: the day on which a week begins, from 0 for Monday to 6 for Sunday.
        timezone: the IANA name of the time zone.

    """

    kind: Kind
    anchor_day: int = 1
    anchor_weekday: int = 0
    timezone: str = "UTC"

    @property
    def name(self) -> str:
        """Return the value of the label calendar: ``month``, ``month:15@Europe/Berlin``."""
        anchor = ""
        if self.anchor_day != 1:
            anchor = f":{self.anchor_day}"
        elif self.anchor_weekday:
            anchor = f":{WEEKDAYS[self.anchor_weekday]}"
        zone = "" if self.timezone == "UTC" else f"@{self.timezone}"
        return f"{self.kind}{anchor}{zone}"

    @property
    def longest_period_seconds(self) -> int:
        """Return the length of the longest period, including the hour that clocks are set back."""
        extra = HOUR_SECONDS if self.timezone != "UTC" and self.kind != "hour" else 0
        return LONGEST_SECONDS[self.kind] + extra


@dataclass(frozen=True)
class Rolling:
    """A window of constant length that always ends now. It has no periods."""

    seconds: int

    @property
    def name(self) -> str:
        """Return the value of the label calendar: ``rolling:30d``."""
        return f"rolling:{format_duration(self.seconds)}"

    @property
    def longest_period_seconds(self) -> int:
        """Return the length of the window."""
        return self.seconds


HOUR, DAY, WEEK, MONTH = (Calendar("hour"), Calendar("day"), Calendar("week"), Calendar("month"))


@dataclass(frozen=True)
class Period:
    """One period of a calendar, from ``start`` (included) to ``end`` (excluded).

    Both are aware, in the calendar's time zone. ``title`` is for people: ``November 2026``.
    """

    id: int
    title: str
    start: datetime
    end: datetime


def parse_calendar(name: str) -> Calendar | Rolling:
    """Return the calendar or rolling window whose ``name`` this is.

    Raises:
        ValueError: the text is not such a name.

    """
    rest, _, zone = name.partition("@")
    kind, _, anchor = rest.partition(":")
    if kind == "rolling" and (window := Rolling(parse_duration(anchor))).name == name:
        return window
    day, weekday = 1, 0
    if anchor.isdigit() and kind == "month":
        day = int(anchor)
    elif anchor in WEEKDAYS and kind == "week":
        weekday = WEEKDAYS.index(anchor)
    timezones = timezone_names()
    for known in LONGEST_SECONDS:
        calendar = Calendar(known, day, weekday, zone or "UTC")
        if calendar.name == name and 1 <= day <= LAST_ANCHOR_DAY and calendar.timezone in timezones:
            return calendar
    raise ValueError(f'"{name}" is no calendar')


def period_of(calendar: Calendar, period_id: str) -> Period:
    """Return the period with this id.

    Raises:
        ValueError: the calendar has no period with this id.

    """
    day = datetime.strptime(period_id, _ID_FORMATS[calendar.kind]).replace(tzinfo=UTC)
    if day.strftime(_ID_FORMATS[calendar.kind]) != period_id or day.year in (1, MAXYEAR):
        raise ValueError(f'"{period_id}" is no {calendar.kind}')
    if calendar.kind == "hour":
        period = _hour_that_begins_within(calendar, day)
    else:
        day_within = day.replace(day=calendar.anchor_day) if calendar.kind == "month" else day
        period = _period_from(calendar, _first_day(calendar, day_within))
    if str(period.id) != period_id:
        raise ValueError(f'"{period_id}" is not the first day of a {calendar.name}')
    return period


def period_at(calendar: Calendar, time: datetime) -> Period:
    """Return the period that contains a time, which must be aware."""
    local = time.astimezone(_zone(calendar))
    if calendar.kind == "hour":
        start = time.astimezone(UTC) - timedelta(
            minutes=local.minute, seconds=local.second, microseconds=local.microsecond
        )
        return _hour_from(calendar, start)
    # Without the fold, a midnight that clocks show twice is the first of the two.
    day = local.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=UTC, fold=0)
    return _period_from(calendar, _first_day(calendar, day))


def _first_day(calendar: Calendar, day: datetime) -> datetime:
    """Return the first day of the period that contains a day. Both are midnights in UTC."""
    match calendar.kind:
        case "hour" | "day":
            return day
        case "week":
            return day - timedelta(days=(day.weekday() - calendar.anchor_weekday) % 7)
        case "month":
            return (day - timedelta(days=calendar.anchor_day - 1)).replace(day=calendar.anchor_day)


def _hour_that_begins_within(calendar: Calendar, utc_hour: datetime) -> Period:
    """Return the calendar's hour that begins within this hour of UTC."""
    return period_at(calendar, utc_hour + timedelta(minutes=59, seconds=59))


def _hour_from(calendar: Calendar, start: datetime) -> Period:
    end = start + timedelta(hours=1)
    first, last = start.astimezone(_zone(calendar)), end.astimezone(_zone(calendar))
    title = f"{first.day} {first:%B} {first.year}, {first:%H:%M} to {last:%H:%M} {first:%Z}"
    return Period(int(start.strftime(_ID_FORMATS["hour"])), title, first, last)


def _period_from(calendar: Calendar, first_day: datetime) -> Period:
    """Return the period that begins on this day, which is a midnight in UTC."""
    next_day = first_day + timedelta(seconds=LONGEST_SECONDS[calendar.kind])
    if calendar.kind == "month":
        next_day = (first_day.replace(day=1) + timedelta(days=31)).replace(day=first_day.day)
    start, end = _midnight(calendar, first_day), _midnight(calendar, next_day)
    period_id = int(first_day.strftime(_ID_FORMATS[calendar.kind]))
    return Period(period_id, _title(calendar, first_day, next_day), start, end)


def _title(calendar: Calendar, first_day: datetime, next_day: datetime) -> str:
    first, last = first_day, next_day - timedelta(days=1)
    if calendar.kind == "month" and calendar.anchor_day == 1:
        return f"{first:%B} {first.year}"
    if calendar.kind == "day":
        return f"{first.day} {first:%B} {first.year}"
    year = "" if first.year == last.year else f" {first.year}"
    month = "" if first.month == last.month and not year else f" {first:%B}{year}"
    return f"{first.day}{month} to {last.day} {last:%B} {last.year}"


def _midnight(calendar: Calendar, day: datetime) -> datetime:
    """Return when a day begins in the calendar's time zone.

    If clocks skip midnight on that day, it begins at the first moment after the skip.
    """
    zone = _zone(calendar)
    local = day.replace(tzinfo=zone)
    # Converting to UTC and back moves a skipped time to the first moment after the skip.
    return local.astimezone(UTC).astimezone(zone)


@cache
def timezone_names() -> frozenset[str]:
    """Return the IANA names of time zones.

    ``ZoneInfo`` also reads ``right/Europe/Berlin``, which counts leap seconds, and ``posixrules``.
    """
    return frozenset(available_timezones()) - _NOT_ZONES


@cache
def _zone_named(name: str) -> tzinfo:
    return UTC if name == "UTC" else ZoneInfo(name)


def _zone(calendar: Calendar) -> tzinfo:
    return _zone_named(calendar.timezone)
