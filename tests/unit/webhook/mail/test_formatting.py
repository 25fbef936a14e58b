import json
from datetime import UTC, datetime, tzinfo
from decimal import ROUND_DOWN, Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from quotas.units import UNITS, format_size
from webhook.mail import formatting
from webhook.mail.formatting import (
    format_amount,
    format_bytes,
    format_duration,
    format_pace,
    format_percent,
    format_time,
    is_binary,
    parse_bytes,
)

# The dashboard's tests read the same cases.
CASES = json.loads(
    (Path(__file__).parents[3] / "formatting_cases.json").read_text(encoding="utf-8")
)

sizes = st.integers(0, 10**18)
limits = st.integers(1, 10**18) | st.builds(
    lambda number, unit: number * UNITS[unit],
    st.integers(1, 9_999),
    st.sampled_from(["kB", "GB", "PB", "KiB", "MiB", "GiB"]),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['function']}{case['input']}")
def test_a_value_reads_as_in_the_table_shared_with_the_dashboard(case: dict[str, Any]) -> None:
    function = getattr(formatting, case["function"])
    assert function(*case["input"]) == case["text"]


def test_the_shared_table_covers_every_function_that_both_sides_have() -> None:
    assert {case["function"] for case in CASES} == {
        function.__name__
        for function in (format_size, format_amount, format_bytes, format_percent, format_duration)
    }


@pytest.mark.parametrize(
    ("text", "size_bytes"),
    [
        ("450200000000", 450_200_000_000),
        ("4.502e+11", 450_200_000_000),
        ("0", 0),
        ("9007199254740992", 2**53),
        ("", None),
        (None, None),
        ("NaN", None),
        ("+Inf", None),
        ("-1", None),
        ("1e999999999", None),
        ("many", None),
    ],
)
def test_bytes_are_read_as_prometheus_writes_them(text: str | None, size_bytes: int | None) -> None:
    assert parse_bytes(text) == size_bytes


@given(st.text())
def test_any_text_is_bytes_or_nothing(text: str) -> None:
    size_bytes = parse_bytes(text)
    assert size_bytes is None or size_bytes >= 0


def bytes_of(text: str) -> Fraction:
    """Return the bytes that a formatted size reads as."""
    number, unit = text.split(" ")
    return Fraction(number) * UNITS[unit]


def last_place_of(text: str) -> Fraction:
    """Return the bytes of one unit in the last of a size's four digits (three are decimals)."""
    number, unit = text.split(" ")
    decimals = max(0, 3 - max(0, Decimal(number).adjusted()))
    return Fraction(UNITS[unit], 10**decimals)


@given(size_bytes=sizes, limit_bytes=limits)
@example(499_999_999_999, 500 * 10**9)
@example(123_410_000, 123_423_456)
@example(2**53 - 1, 2**53)
def test_a_size_reads_below_its_limit_exactly_if_it_is_below(
    size_bytes: int, limit_bytes: int
) -> None:
    size, limit = (bytes_of(format_amount(n, limit_bytes)) for n in (size_bytes, limit_bytes))
    assert (size < limit) == (size_bytes < limit_bytes)


@given(limit_bytes=limits, missing_bytes=st.integers(1, 1_000))
def test_a_size_just_below_its_limit_never_reads_like_the_limit(
    limit_bytes: int, missing_bytes: int
) -> None:
    size_bytes = max(0, limit_bytes - missing_bytes)
    assert format_amount(size_bytes, limit_bytes) != format_amount(limit_bytes, limit_bytes)


@given(size_bytes=sizes, limit_bytes=limits)
def test_a_size_is_off_by_half_a_unit_in_its_last_place_at_most(
    size_bytes: int, limit_bytes: int
) -> None:
    text = format_size(size_bytes, binary=is_binary(limit_bytes))
    assert abs(bytes_of(text) - size_bytes) <= last_place_of(text) / 2


@given(size_bytes=sizes, limit_bytes=limits)
def test_a_size_beside_its_limit_differs_from_its_plain_form_only_to_stay_below_the_limit(
    size_bytes: int, limit_bytes: int
) -> None:
    binary = is_binary(limit_bytes)
    text, plain = format_amount(size_bytes, limit_bytes), format_size(size_bytes, binary=binary)
    limit = format_size(limit_bytes, binary=binary)
    if text != plain:
        assert plain == limit
        assert bytes_of(limit) - bytes_of(text) <= last_place_of(limit)


@given(size_bytes=sizes)
def test_a_size_has_at_most_four_digits_and_no_trailing_zeros(size_bytes: int) -> None:
    for binary in (False, True):
        number, _ = format_size(size_bytes, binary=binary).split(" ")
        assert len(number.replace(".", "").lstrip("0")) <= 4
        assert "." not in number or not number.endswith(("0", "."))


@given(part=sizes, whole=st.integers(1, 10**18))
def test_a_percentage_never_reads_higher_than_the_true_ratio(part: int, whole: int) -> None:
    text = format_percent(part, whole).removesuffix(" %").replace(",", "")
    percent = Fraction(100 * part, whole)
    if text == "< 0.1":
        assert 0 < percent < Fraction(1, 10)
    else:
        shown = Fraction(text)
        assert shown <= percent < shown + Fraction(1, 10)


@given(thousandths=st.integers(1, 100_000))
def test_a_ratio_of_three_decimals_is_shown_exactly(thousandths: int) -> None:
    """Its binary float is often a little less: 0.58 * 100 is 57.99999999999999."""
    text = format_percent(thousandths / 1_000).removesuffix(" %").replace(",", "")
    assert Fraction(text) == Fraction(thousandths, 10)


def test_bytes_are_shown_to_the_last_one() -> None:
    assert format_bytes(450_200_000_001) == "450,200,000,001 bytes"
    assert format_bytes(1) == "1 byte"


@pytest.mark.parametrize(
    ("limit_bytes", "binary"),
    [(500 * 10**9, False), (10 * 2**30, True), (2**20, True), (1, False), (123_456_789, False)],
)
def test_a_limit_is_shown_in_the_units_it_was_written_in(limit_bytes: int, binary: bool) -> None:  # noqa: FBT001 - a table's column
    assert is_binary(limit_bytes) is binary


@given(seconds=st.integers(0, 10**9))
def test_a_duration_is_rounded_down_by_less_than_the_smallest_unit_that_matters(
    seconds: int,
) -> None:
    sizes = {"d": 86_400, "h": 3_600, "min": 60, "s": 1}
    words = format_duration(seconds).split(" ")
    numbers, units = list(map(int, words[::2])), words[1::2]
    shown = sum(number * sizes[unit] for number, unit in zip(numbers, units, strict=True))
    smallest = {"d": 3_600, "h": 60, "min": 60 if seconds >= 600 else 1, "s": 1}[units[0]]
    assert len(units) <= 2
    assert shown <= seconds < shown + smallest


@pytest.mark.parametrize(
    ("zone", "text"),
    [
        (UTC, "1 December 2026, 00:05 UTC"),
        (ZoneInfo("Europe/Berlin"), "1 December 2026, 00:05 Europe/Berlin"),
    ],
)
def test_a_time_is_day_month_year_with_a_24_hour_clock_and_its_zone(
    zone: tzinfo, text: str
) -> None:
    assert format_time(datetime(2026, 12, 1, 0, 5, tzinfo=zone)) == text
    assert format_time(datetime(2026, 3, 9, 14, 30, tzinfo=UTC)) == "9 March 2026, 14:30 UTC"


def test_a_pace_is_bytes_a_day_in_the_units_of_the_limit() -> None:
    assert format_pace(1_000_000, binary=False) == "86.4 GB a day"
    assert format_pace(2**30 / 86_400, binary=True) == "1 GiB a day"


def test_rounding_down_stays_below_the_next_unit() -> None:
    assert format_size(999_999, rounding=ROUND_DOWN) == "999.9 kB"
    assert format_size(2**20 - 1, binary=True, rounding=ROUND_DOWN) == "1023 KiB"
