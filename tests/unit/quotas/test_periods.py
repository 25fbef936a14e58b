"""The periods of calendars: their ids, titles, starts and ends."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given

from quotas.calendars import DAY, HOUR, MONTH, WEEK, Calendar, period_at, period_of
from tests.unit.quotas.calendar_strategies import CALENDARS, DAYS_AND_LONGER, TIMES


def in_zone(name: str, *parts: int) -> datetime:
    return datetime(*parts, tzinfo=ZoneInfo(name))  # type: ignore[arg-type,misc]  # year, month, ...


@pytest.mark.parametrize(
    ("calendar", "period_id", "start", "end", "title"),
    [
        (
            HOUR,
            "2026112423",
            datetime(2026, 11, 24, 23, tzinfo=UTC),
            datetime(2026, 11, 25, tzinfo=UTC),
            "24 November 2026, 23:00 to 00:00 UTC",
        ),
        (
            DAY,
            "20281231",
            datetime(2028, 12, 31, tzinfo=UTC),
            datetime(2029, 1, 1, tzinfo=UTC),
            "31 December 2028",
        ),
        (
            DAY,
            "20280229",
            datetime(2028, 2, 29, tzinfo=UTC),
            datetime(2028, 3, 1, tzinfo=UTC),
            "29 February 2028",
        ),
        (
            WEEK,
            "20261123",
            datetime(2026, 11, 23, tzinfo=UTC),
            datetime(2026, 11, 30, tzinfo=UTC),
            "23 to 29 November 2026",
        ),
        (
            Calendar("week", anchor_weekday=6),
            "20261227",
            datetime(2026, 12, 27, tzinfo=UTC),
            datetime(2027, 1, 3, tzinfo=UTC),
            "27 December 2026 to 2 January 2027",
        ),
        (
            MONTH,
            "202802",
            datetime(2028, 2, 1, tzinfo=UTC),
            datetime(2028, 3, 1, tzinfo=UTC),
            "February 2028",
        ),
        (
            MONTH,
            "202612",
            datetime(2026, 12, 1, tzinfo=UTC),
            datetime(2027, 1, 1, tzinfo=UTC),
            "December 2026",
        ),
        (
            Calendar("month", 15, timezone="Europe/Berlin"),
            "202612",
            in_zone("Europe/Berlin", 2026, 12, 15),
            in_zone("Europe/Berlin", 2027, 1, 15),
            "15 December 2026 to 14 January 2027",
        ),
        (
            Calendar("month", 28),
            "202702",
            datetime(2027, 2, 28, tzinfo=UTC),
            datetime(2027, 3, 28, tzinfo=UTC),
            "28 February to 27 March 2027",
        ),
        (
            Calendar("hour", timezone="Asia/Kolkata"),
            "2026112413",
            in_zone("Asia/Kolkata", 2026, 11, 24, 19),
            in_zone("Asia/Kolkata", 2026, 11, 24, 20),
            "24 November 2026, 19:00 to 20:00 IST",
        ),
    ],
)
def test_an_id_determines_start_end_and_title_of_a_period(
    calendar: Calendar, period_id: str, start: datetime, end: datetime, title: str
) -> None:
    period = period_of(calendar, period_id)
    assert (period.id, period.start, period.end) == (int(period_id), start, end)
    assert period.title == title


@pytest.mark.parametrize(
    ("calendar", "period_id"),
    [
        (MONTH, ""),
        (MONTH, "november"),
        (MONTH, "999912"),
        (MONTH, "000112"),
        (DAY, "99991231"),
        (HOUR, "9999123123"),
        (MONTH, "202613"),
        (MONTH, "202600"),
        (MONTH, "20261"),
        (MONTH, "20261124"),
        (MONTH, "２０２６１１"),  # noqa: RUF001 - digits that int() would take
        (DAY, "20270229"),
        (DAY, "202611"),
        (HOUR, "2026112424"),
        (HOUR, "20261124"),
        (WEEK, "20261124"),
        (Calendar("week", anchor_weekday=6), "20261123"),
        (Calendar("month", 15, timezone="Europe/Berlin"), "20261115"),
    ],
)
def test_an_id_that_is_not_of_the_calendar_is_rejected(calendar: Calendar, period_id: str) -> None:
    with pytest.raises(ValueError, match=r"match|is no |not the first day|remains|out of range"):
        period_of(calendar, period_id)


def test_a_time_in_another_zone_is_converted_to_the_zone_of_the_calendar() -> None:
    time = datetime(2027, 1, 1, 1, tzinfo=timezone(timedelta(hours=2)))
    assert period_at(MONTH, time).id == 202612
    assert period_at(Calendar("month", timezone="Asia/Kolkata"), time).id == 202701


@given(CALENDARS, TIMES)
@example(Calendar("day", timezone="Africa/Cairo"), datetime(2027, 4, 29, 22, tzinfo=UTC))
@example(Calendar("day", timezone="Africa/Cairo"), datetime(2027, 10, 28, 20, 30, tzinfo=UTC))
@example(Calendar("day", timezone="Africa/Cairo"), datetime(2027, 10, 28, 21, 30, tzinfo=UTC))
@example(Calendar("month", 28), datetime(2027, 3, 1, tzinfo=UTC))
@example(Calendar("week", 1, 6), datetime(2026, 11, 22, tzinfo=UTC))
def test_a_time_lies_in_its_period_and_the_id_leads_back_to_that_period(
    calendar: Calendar, time: datetime
) -> None:
    period = period_at(calendar, time)
    assert period.start.astimezone(UTC) <= time < period.end.astimezone(UTC)
    assert period_of(calendar, str(period.id)) == period


@given(CALENDARS, TIMES)
def test_periods_follow_each_other_without_gaps_and_their_ids_increase(
    calendar: Calendar, time: datetime
) -> None:
    period = period_at(calendar, time)
    following = period_at(calendar, period.end)
    assert following.start.astimezone(UTC) == period.end.astimezone(UTC)
    assert following.id > period.id
    last_moment = period.end.astimezone(UTC) - timedelta(microseconds=1)
    assert period_at(calendar, last_moment) == period


@given(DAYS_AND_LONGER, TIMES)
def test_days_weeks_and_months_begin_at_the_first_moment_of_their_first_day(
    calendar: Calendar, time: datetime
) -> None:
    start = period_at(calendar, time).start
    moment_before = (start.astimezone(UTC) - timedelta(seconds=1)).astimezone(start.tzinfo)
    assert moment_before.date() < start.date()
    if calendar.kind == "week":
        assert start.weekday() == calendar.anchor_weekday
    if calendar.kind == "month":
        assert start.day == calendar.anchor_day
