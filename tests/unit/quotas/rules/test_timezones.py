"""The compiled offsets of time zones, compared with those of ``zoneinfo``."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quotas.rules.timezones import (
    FIRST_YEAR,
    YEARS_AHEAD,
    has_changes,
    last_year,
    offset_changes,
    offset_query,
)

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
END_YEAR = last_year(NOW) + 1
WEEK_SECONDS = 7 * 86_400
SPAN = (
    int(datetime(FIRST_YEAR, 1, 1, tzinfo=UTC).timestamp()),
    int(datetime(END_YEAR, 1, 1, tzinfo=UTC).timestamp()) - 1,
)

ALL_ZONES = sorted(available_timezones())
# Zones with unusual offsets or changes.
ODD_ZONES = (
    "Africa/Cairo",
    "Africa/Casablanca",
    "America/New_York",
    "America/Santiago",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "Pacific/Chatham",
)


def offset_of(zone: str, time: int) -> int:
    offset = datetime.fromtimestamp(time, ZoneInfo(zone)).utcoffset()
    assert offset is not None
    return int(offset.total_seconds())


def compiled_offset(zone: str, time: int) -> int:
    """Return what the compiled expression is at a time, read as arithmetic."""
    query = offset_query(zone, "$at", NOW)
    first, *terms = query.split("\n")
    offset = int(first)
    for term in terms:
        match = re.fullmatch(r"([+-]) ([0-9]+) \* \(\$at >= bool ([0-9]+)\)", term)
        assert match is not None, term
        offset += int(match[1] + match[2]) * (time >= int(match[3]))
    return offset


@given(st.sampled_from(ALL_ZONES), st.integers(*SPAN))
def test_the_compiled_offset_is_right_at_any_time(zone: str, time: int) -> None:
    assert compiled_offset(zone, time) == offset_of(zone, time)


@pytest.mark.parametrize("zone", ODD_ZONES)
def test_an_offset_changes_at_the_exact_second(zone: str) -> None:
    (start, _), *changes = offset_changes(zone, FIRST_YEAR, END_YEAR)
    assert start == SPAN[0]
    for time, offset in changes:
        assert offset_of(zone, time) == offset
        assert offset_of(zone, time - 1) != offset


def test_a_zone_without_changes_compiles_to_one_number() -> None:
    assert offset_query("Asia/Kolkata", "time()", NOW) == "19800"
    assert offset_query("Etc/GMT+5", "time()", NOW) == "-18000"


@given(st.sampled_from(ALL_ZONES))
def test_the_clocks_of_a_zone_change_if_they_have_several_offsets_within_ten_years(
    zone: str,
) -> None:
    end = int(datetime(FIRST_YEAR + YEARS_AHEAD, 1, 1, tzinfo=UTC).timestamp())
    # The shortest time between two changes is that of Ramadan, a month.
    offsets = {offset_of(zone, at) for at in range(SPAN[0], end, WEEK_SECONDS)}
    assert has_changes(zone) == (len(offsets) > 1)


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("UTC", False),
        ("Asia/Kathmandu", False),
        # Its clocks changed until 2021.
        ("Pacific/Apia", False),
        ("Europe/Berlin", True),
        ("Australia/Lord_Howe", True),
        # Once, in March 2024.
        ("Asia/Almaty", True),
    ],
)
def test_only_changes_from_the_first_compiled_year_on_count(zone: str, *, expected: bool) -> None:
    assert has_changes(zone) is expected


def test_each_change_of_the_clocks_is_a_term_of_the_sum() -> None:
    first, spring, autumn, *_ = offset_query("Europe/Berlin", "time()", NOW).split("\n")
    assert first == "3600"
    assert spring == f"+ 3600 * (time() >= bool {_at(2024, 3, 31, 1)})"
    assert autumn == f"- 3600 * (time() >= bool {_at(2024, 10, 27, 1)})"


@pytest.mark.parametrize(
    ("year", "last"), [(2026, 2040), (2030, 2040), (2031, 2045), (2035, 2045), (2036, 2050)]
)
def test_at_least_ten_years_are_compiled_in_steps_of_five(year: int, last: int) -> None:
    assert last_year(datetime(year, 12, 31, tzinfo=UTC)) == last


def _at(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp())  # type: ignore[arg-type,misc]  # year, ...
