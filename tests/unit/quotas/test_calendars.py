"""Periods of every calendar, on the clocks of any zone, on the days on which they change too."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from quotas.calendars import (
    DAY,
    HOUR,
    MONTH,
    WEEK,
    WEEKDAYS,
    Calendar,
    Rolling,
    parse_calendar,
    period_at,
    period_of,
)

# Halves and quarters of hours, changes at midnight, of half an hour, to both sides of UTC.
ZONES = (
    "UTC",
    "Europe/Berlin",
    "Europe/London",
    "America/New_York",
    "America/Santiago",
    "America/Havana",
    "America/St_Johns",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Atlantic/Azores",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
)
DAYS_AND_LONGER = st.one_of(
    st.builds(Calendar, st.just("day"), timezone=st.sampled_from(ZONES)),
    st.builds(
        Calendar,
        st.just("week"),
        anchor_weekday=st.integers(0, 6),
        timezone=st.sampled_from(ZONES),
    ),
    st.builds(
        Calendar,
        st.just("month"),
        anchor_day=st.integers(1, 28),
        timezone=st.sampled_from(ZONES),
    ),
)
# An hour of a zone whose clocks change by half an hour has no start that all would agree on.
HOURS = st.builds(
    Calendar,
    st.just("hour"),
    timezone=st.sampled_from([zone for zone in ZONES if zone != "Australia/Lord_Howe"]),
)
ALL = DAYS_AND_LONGER | HOURS
TIMES = st.datetimes(datetime(2020, 1, 1), datetime(2060, 1, 1)).map(  # noqa: DTZ001 - next line
    lambda time: time.replace(tzinfo=UTC)
)


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
def test_an_id_tells_start_end_and_title_of_its_period(
    calendar: Calendar, period_id: str, start: datetime, end: datetime, title: str
) -> None:
    period = period_of(calendar, period_id)
    assert (period.id, period.start, period.end) == (int(period_id), start, end)
    assert period.title == title


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", "20270328", 23),
        ("Europe/Berlin", "20271031", 25),
        ("America/New_York", "20270314", 23),
        ("America/New_York", "20271107", 25),
        ("Asia/Kolkata", "20270328", 24),
        ("Australia/Lord_Howe", "20270404", 24.5),
        ("Australia/Lord_Howe", "20271003", 23.5),
        # Midnight is left out: the day begins at one o'clock.
        ("Africa/Cairo", "20270430", 23),
        ("America/Santiago", "20270905", 23),
        # The day's last hour comes twice.
        ("Africa/Cairo", "20271028", 25),
        ("America/Santiago", "20270403", 25),
        # The day's first hour comes twice.
        ("America/Havana", "20271107", 25),
    ],
)
def test_a_day_on_which_clocks_change_is_shorter_or_longer(
    zone: str, day: str, hours: float
) -> None:
    period = period_of(Calendar("day", timezone=zone), day)
    length = period.end.astimezone(UTC) - period.start.astimezone(UTC)
    assert length == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("month", "days", "extra_hours"),
    [("202703", 31, -1), ("202710", 31, 1), ("202702", 28, 0), ("202802", 29, 0)],
)
def test_a_month_in_which_clocks_change_ends_at_local_midnight(
    month: str, days: int, extra_hours: int
) -> None:
    period = period_of(Calendar("month", timezone="Europe/Berlin"), month)
    length = period.end.astimezone(UTC) - period.start.astimezone(UTC)
    assert length == timedelta(days=days, hours=extra_hours)
    assert (period.start.hour, period.end.hour) == (0, 0)


def test_a_day_whose_midnight_is_left_out_begins_with_the_first_moment_after() -> None:
    period = period_of(Calendar("day", timezone="America/Santiago"), "20270905")
    assert period.start.isoformat() == "2027-09-05T01:00:00-03:00"
    before = period_at(Calendar("day", timezone="America/Santiago"), period.start)
    assert before == period


def test_the_hour_that_clocks_show_twice_is_two_hours() -> None:
    calendar = Calendar("hour", timezone="Europe/Berlin")
    first = period_at(calendar, datetime(2027, 10, 31, 0, 30, tzinfo=UTC))
    second = period_at(calendar, first.end)
    assert (first.id, second.id) == (2027103100, 2027103101)
    assert first.title == "31 October 2027, 02:00 to 02:00 CEST"
    assert second.title == "31 October 2027, 02:00 to 03:00 CET"


@given(ALL, TIMES)
@example(Calendar("day", timezone="Africa/Cairo"), datetime(2027, 4, 29, 22, tzinfo=UTC))
@example(Calendar("day", timezone="Africa/Cairo"), datetime(2027, 10, 28, 20, 30, tzinfo=UTC))
@example(Calendar("day", timezone="Africa/Cairo"), datetime(2027, 10, 28, 21, 30, tzinfo=UTC))
@example(Calendar("month", 28), datetime(2027, 3, 1, tzinfo=UTC))
@example(Calendar("week", 1, 6), datetime(2026, 11, 22, tzinfo=UTC))
def test_a_time_is_in_its_period_and_the_period_of_its_id_is_the_same(
    calendar: Calendar, time: datetime
) -> None:
    period = period_at(calendar, time)
    assert period.start.astimezone(UTC) <= time < period.end.astimezone(UTC)
    assert period_of(calendar, str(period.id)) == period


@given(ALL, TIMES)
def test_periods_follow_each_other_without_gap_and_their_ids_grow(
    calendar: Calendar, time: datetime
) -> None:
    period = period_at(calendar, time)
    following = period_at(calendar, period.end)
    assert following.start.astimezone(UTC) == period.end.astimezone(UTC)
    assert following.id > period.id
    last_moment = period.end.astimezone(UTC) - timedelta(microseconds=1)
    assert period_at(calendar, last_moment) == period


@given(DAYS_AND_LONGER, TIMES)
def test_days_and_longer_begin_at_the_first_moment_of_their_anchor(
    calendar: Calendar, time: datetime
) -> None:
    start = period_at(calendar, time).start
    moment_before = (start.astimezone(UTC) - timedelta(seconds=1)).astimezone(start.tzinfo)
    assert moment_before.date() < start.date()
    if calendar.kind == "week":
        assert start.weekday() == calendar.anchor_weekday
    if calendar.kind == "month":
        assert start.day == calendar.anchor_day


@given(ALL, TIMES)
def test_no_period_is_longer_than_its_calendar_says(calendar: Calendar, time: datetime) -> None:
    period = period_at(calendar, time)
    length = period.end.astimezone(UTC) - period.start.astimezone(UTC)
    assert length.total_seconds() <= calendar.longest_period_seconds


def test_a_time_of_another_zone_is_in_the_period_of_the_calendars_zone() -> None:
    time = datetime(2027, 1, 1, 1, tzinfo=timezone(timedelta(hours=2)))
    assert period_at(MONTH, time).id == 202612
    assert period_at(Calendar("month", timezone="Asia/Kolkata"), time).id == 202701


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
def test_what_is_no_period_of_the_calendar_is_refused(calendar: Calendar, period_id: str) -> None:
    with pytest.raises(ValueError, match=r"match|is no |not the first day|remains|out of range"):
        period_of(calendar, period_id)


@pytest.mark.parametrize(
    ("calendar", "name"),
    [
        (HOUR, "hour"),
        (WEEK, "week"),
        (MONTH, "month"),
        (Calendar("week", anchor_weekday=5), "week:saturday"),
        (Calendar("month", 15), "month:15"),
        (Calendar("day", timezone="Asia/Kolkata"), "day@Asia/Kolkata"),
        (Calendar("month", 15, timezone="Europe/Berlin"), "month:15@Europe/Berlin"),
        (Calendar("hour", timezone="Etc/GMT+1"), "hour@Etc/GMT+1"),
        (Rolling(30 * 86_400), "rolling:30d"),
        (Rolling(5_400), "rolling:1h30m"),
    ],
)
def test_a_calendar_has_a_name_from_which_it_is_read_back(
    calendar: Calendar | Rolling, name: str
) -> None:
    assert calendar.name == name
    assert parse_calendar(name) == calendar


@given(ALL | st.builds(Rolling, st.integers(3_600, 44 * 86_400)))
def test_no_calendar_has_the_name_of_another(calendar: Calendar | Rolling) -> None:
    assert parse_calendar(calendar.name) == calendar


@pytest.mark.parametrize(
    "name",
    [
        "",
        "year",
        "month:1",
        "month:0",
        "month:29",
        "month:015",
        "month:１５",  # noqa: RUF001 - digits that int() would take
        "month:²",
        "month:monday",
        "month@UTC",
        "month@",
        "month@Europe/Berln",
        "month@../../etc/passwd",
        "month@/etc/passwd",
        "week:monday",
        "week:15",
        "day:2",
        "rolling",
        "rolling:",
        "rolling:0s",
        "rolling:24h",
        "rolling:30d@",
        "rolling:30d@Europe/Berlin",
    ],
)
def test_what_is_no_name_of_a_calendar_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"is no calendar|is not a duration|invalid literal"):
        parse_calendar(name)


def test_every_time_zone_has_calendars() -> None:
    for zone in sorted(available_timezones()):
        calendar = Calendar("month", 15, timezone=zone)
        assert parse_calendar(calendar.name).longest_period_seconds >= 31 * 86_400


def test_weekdays_are_numbered_as_python_does() -> None:
    monday = datetime(2026, 11, 23, tzinfo=UTC)
    assert [f"{monday + timedelta(days=day):%A}".lower() for day in range(7)] == list(WEEKDAYS)


def test_a_rolling_window_is_as_long_as_it_says() -> None:
    assert Rolling(5_400).longest_period_seconds == 5_400
