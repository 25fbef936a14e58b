"""Periods in which the clocks of a time zone change."""

from datetime import UTC, datetime, timedelta

import pytest

from quotas.calendars import Calendar, period_at, period_of


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
        # Clocks skip midnight: the day begins at one o'clock.
        ("Africa/Cairo", "20270430", 23),
        ("America/Santiago", "20270905", 23),
        # The last hour of the day occurs twice.
        ("Africa/Cairo", "20271028", 25),
        ("America/Santiago", "20270403", 25),
        # The first hour of the day occurs twice.
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


def test_a_day_without_midnight_begins_at_the_first_moment_after_it() -> None:
    period = period_of(Calendar("day", timezone="America/Santiago"), "20270905")
    assert period.start.isoformat() == "2027-09-05T01:00:00-03:00"
    before = period_at(Calendar("day", timezone="America/Santiago"), period.start)
    assert before == period


@pytest.mark.parametrize(
    "calendar",
    [
        Calendar("day", timezone="America/Havana"),
        Calendar("week", anchor_weekday=6, timezone="America/Havana"),
        Calendar("month", anchor_day=7, timezone="America/Havana"),
    ],
    ids=lambda calendar: calendar.kind,
)
def test_a_period_whose_first_hour_occurs_twice_begins_with_the_first_of_them(
    calendar: Calendar,
) -> None:
    start = datetime(2027, 11, 7, 4, tzinfo=UTC)
    for minutes in (0, 30, 60, 90, 120):
        period = period_at(calendar, start + timedelta(minutes=minutes))
        assert period.start.astimezone(UTC) == start


def test_an_hour_that_clocks_show_twice_is_two_periods() -> None:
    calendar = Calendar("hour", timezone="Europe/Berlin")
    first = period_at(calendar, datetime(2027, 10, 31, 0, 30, tzinfo=UTC))
    second = period_at(calendar, first.end)
    assert (first.id, second.id) == (2027103100, 2027103101)
    assert first.title == "31 October 2027, 02:00 to 02:00 CEST"
    assert second.title == "31 October 2027, 02:00 to 03:00 CET"
