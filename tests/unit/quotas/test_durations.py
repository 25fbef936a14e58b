import pytest
from hypothesis import given
from hypothesis import strategies as st

from quotas.units import format_duration, parse_duration, read_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1s", 1),
        ("90s", 90),
        ("5m", 300),
        ("1h30m", 5_400),
        ("1d", 86_400),
        ("2w", 1_209_600),
        ("1w1d1h1m1s", 694_861),
        ("0h1m", 60),
    ],
)
def test_a_duration_is_read_as_prometheus_reads_it(text: str, seconds: int) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text",
    ["", "0s", "0d0h", "5", "m", "5 m", "-5m", "1.5h", "1m1h", "5M", "1y", "100ms", "5m\n", "٣m"],
)
def test_text_that_is_not_a_duration_is_rejected_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match='is not a duration; write for example "90s"'):
        parse_duration(text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0s"), (59, "59s"), (60, "1m"), (5_400, "1h30m"), (604_800, "7d"), (669_600, "7d18h")],
)
def test_a_duration_is_formatted_in_the_largest_units_up_to_days(seconds: int, text: str) -> None:
    assert format_duration(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(1.234, "1s234ms"), (0.001, "1ms"), (59.9996, "1m"), (5_400.0, "1h30m")]
)
def test_a_duration_is_formatted_to_the_millisecond(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


@given(st.integers(1, 10**9))
def test_a_formatted_duration_is_parsed_as_the_same_duration(seconds: int) -> None:
    assert parse_duration(format_duration(seconds)) == seconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1y", 31_536_000),
        ("1w", 604_800),
        ("45d", 3_888_000),
        ("1h30m", 5_400),
        ("1m0s", 60),
        ("1s500ms", 1.5),
        ("500ms", 0.5),
        ("5m", 300),
        ("1y1w1d", 32_227_200),
    ],
)
def test_durations_that_prometheus_prints_may_have_years_and_milliseconds(
    text: str, seconds: float
) -> None:
    assert read_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "10GiB", "1.5h", "m", "ms", "1ms1s", "1d1y", "45d or 10GiB"])
def test_text_that_prometheus_would_not_print_as_a_duration_is_rejected(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        read_duration(text)
