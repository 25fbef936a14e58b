"""Periods of reports as people write them: a month such as 2026-10, a week such as 2026-W43."""

import re
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from quotas.calendars import Calendar, Kind, Period, period_at, period_of

_MONTH = re.compile(r"(2[0-9]{3})-([0-9]{2})", re.ASCII)
_WEEK = re.compile(r"(2[0-9]{3})-W([0-9]{2})", re.ASCII)


def kind_of(text: str) -> Kind:
    """Return whether a text is a month or a week.

    Raises:
        ValueError: it is neither. The message says how they are written.

    """
    for kind in ("month", "week"):
        try:
            _first_day(kind, text)
        except ValueError:
            continue
        return kind
    raise ValueError(
        f'"{text}" is no period; write a month such as 2026-10, or a week such as 2026-W43'
    )


def parse_period(calendar: Calendar, text: str) -> Period:
    """Return the period of a calendar of weeks or months that a text names.

    Months are named after the one in which they begin, and weeks by their number (ISO 8601): if
    they begin on another day, the week that contains this Monday is meant.

    Raises:
        ValueError: it is no such period.

    """
    day = _first_day(calendar.kind, text)
    if calendar.kind == "month":
        return period_of(calendar, f"{day:%Y%m}")
    return period_at(calendar, datetime.combine(day, time(12), ZoneInfo(calendar.timezone)))


def _first_day(kind: Kind, text: str) -> date:
    found = (_MONTH if kind == "month" else _WEEK).fullmatch(text)
    if found is None:
        raise ValueError(f'"{text}" is no {kind}')
    year, number = map(int, found.groups())
    if kind == "month":
        return date(year, number, 1)
    return date.fromisocalendar(year, number, 1)
