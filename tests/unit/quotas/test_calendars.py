"""Names and lengths of calendars."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quotas.calendars import (
    HOUR,
    MONTH,
    WEEK,
    WEEKDAYS,
    Calendar,
    Rolling,
    parse_calendar,
    period_at,
    timezone_names,
)
from tests.unit.quotas.calendar_strategies import CALENDARS, TIMES


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
def test_a_calendar_is_parsed_from_its_name(calendar: Calendar | Rolling, name: str) -> None:
    assert calendar.name == name
    assert parse_calendar(name) == calendar


@given(CALENDARS | st.builds(Rolling, st.integers(3_600, 44 * 86_400)))
def test_the_name_of_any_calendar_leads_back_to_that_calendar(calendar: Calendar | Rolling) -> None:
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
        "month@localtime",
        "month@right/Europe/Berlin",
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
def test_text_that_is_not_the_name_of_a_calendar_is_rejected(name: str) -> None:
    with pytest.raises(ValueError, match=r"is no calendar|is not a duration|invalid literal"):
        parse_calendar(name)


def test_every_time_zone_can_be_part_of_a_calendar_name() -> None:
    for zone in sorted(timezone_names()):
        calendar = Calendar("month", 15, timezone=zone)
        assert parse_calendar(calendar.name).longest_period_seconds >= 31 * 86_400


def test_weekdays_are_numbered_as_in_python() -> None:
    monday = datetime(2026, 11, 23, tzinfo=UTC)
    assert [f"{monday + timedelta(days=day):%A}".lower() for day in range(7)] == list(WEEKDAYS)


@given(CALENDARS, TIMES)
def test_no_period_exceeds_the_longest_period_of_its_calendar(
    calendar: Calendar, time: datetime
) -> None:
    period = period_at(calendar, time)
    length = period.end.astimezone(UTC) - period.start.astimezone(UTC)
    assert length.total_seconds() <= calendar.longest_period_seconds


def test_the_longest_period_of_a_rolling_window_is_its_length() -> None:
    assert Rolling(5_400).longest_period_seconds == 5_400
