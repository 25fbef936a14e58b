from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhook.mail.formatting import format_bytes, format_percent, is_binary, parse_bytes


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


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        (90, 100, "90 %"),
        (9004, 10_000, "90 %"),
        (9999, 10_000, "99.9 %"),
        (10**18 - 1, 10**18, "99.9 %"),
        (1027, 1000, "102.7 %"),
        (0, 5, "0 %"),
    ],
)
def test_a_share_is_rounded_down_to_one_digit(part: int, whole: int, text: str) -> None:
    assert format_percent(part, whole) == text


@given(part=st.integers(0, 10**18), whole=st.integers(1, 10**18))
def test_a_share_never_reads_higher_than_it_is(part: int, whole: int) -> None:
    shown = Fraction(format_percent(part, whole).removesuffix(" %"))
    assert shown <= Fraction(100 * part, whole) < shown + Fraction(1, 10)


def test_bytes_are_shown_to_the_last_one() -> None:
    assert format_bytes(450_200_000_001) == "450,200,000,001 bytes"
    assert format_bytes(1) == "1 byte"


@pytest.mark.parametrize(
    ("limit_bytes", "binary"),
    [(500 * 10**9, False), (10 * 2**30, True), (2**20, True), (1, False), (123_456_789, False)],
)
def test_a_limit_is_shown_in_the_units_it_was_written_in(limit_bytes: int, binary: bool) -> None:  # noqa: FBT001 - a table's column
    assert is_binary(limit_bytes) is binary
