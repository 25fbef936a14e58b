import pytest

from quotas.calendars import DAY, HOUR, MONTH, WEEK, Calendar, Rolling
from quotas.file.period_parsers import parse_period, parse_period_id, parse_timezone, parse_weekday


def test_a_period_is_a_word_or_a_mapping() -> None:
    assert parse_period("month") == MONTH
    assert parse_period({"calendar": "week", "anchor_weekday": "sunday"}) == Calendar(
        "week", anchor_weekday=6
    )
    assert parse_period({"rolling": "7d"}) == Rolling(604_800)


def test_weekdays_are_numbered_from_monday() -> None:
    assert [parse_weekday(day) for day in ("monday", "sunday")] == [0, 6]


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Etc/GMT+5", "America/Argentina/Salta"])
def test_a_time_zone_has_an_iana_name(zone: str) -> None:
    assert parse_timezone(zone) == zone


@pytest.mark.parametrize(
    "zone",
    [
        *("CEST", "Berlin", "Europe", "../etc/passwd", "/etc/localtime", "localtime", "Factory"),
        *("posixrules", "right/Europe/Berlin", "posix/Europe/Berlin", "UTC ", "europe/berlin"),
    ],
)
def test_text_that_is_not_a_time_zone_is_rejected(zone: str) -> None:
    with pytest.raises(ValueError, match="is not a time zone"):
        parse_timezone(zone)


@pytest.mark.parametrize(
    ("text", "calendar", "period"),
    [
        ("2026-11", MONTH, 202611),
        ("202611", MONTH, 202611),
        ("2026-11", Calendar("month", 15), 202611),
        ("2026-11-24", DAY, 20261124),
        ("2026-11-23", WEEK, 20261123),
        ("2026-11-24T13", HOUR, 2026112413),
    ],
)
def test_a_period_is_written_as_a_date_or_as_its_id(
    text: str, calendar: Calendar, period: int
) -> None:
    assert parse_period_id(text, calendar) == period


@pytest.mark.parametrize(
    ("text", "calendar"),
    [
        ("2026-1-1", MONTH),
        ("20-26-11", MONTH),
        ("2026-11\n", MONTH),
        ("2026-11-24", MONTH),
        ("November", MONTH),
        ("2026-02-30", DAY),
        ("2026-11-24", WEEK),
        ("2026-11-24 13", HOUR),
        ("2026-11-24T24", HOUR),
    ],
)
def test_ambiguous_text_is_not_a_period(text: str, calendar: Calendar) -> None:
    assert parse_period_id(text, calendar) is None
