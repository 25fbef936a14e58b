from decimal import ROUND_DOWN

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from quotas.units import LARGEST_SIZE_BYTES, UNITS, format_exact, format_size, parse_size


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("1 B", 1),
        ("1kB", 1_000),
        ("1.5 TB", 1_500_000_000_000),
        ("500 GB", 500_000_000_000),
        ("10 GiB", 10 * 2**30),
        ("0.5 KiB", 512),
        ("8 PiB", 2**53),
        ("007 MB", 7_000_000),
    ],
)
def test_a_size_is_read_as_people_write_it(text: str, size: int) -> None:
    assert parse_size(text) == size


@given(st.integers(1, LARGEST_SIZE_BYTES), st.sampled_from(sorted(UNITS)), st.booleans())
def test_a_whole_number_of_any_unit_is_read_exactly(
    number: int,
    unit: str,
    space: bool,  # noqa: FBT001 - hypothesis draws it
) -> None:
    number = number % (LARGEST_SIZE_BYTES // UNITS[unit]) + 1
    assert parse_size(f"{number}{' ' * space}{unit}") == number * UNITS[unit]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "B",
        "-1 B",
        "1. GB",
        ".5 GB",
        "1,500,000 B",
        "1_000 B",
        "٣ GB",
        "0x10 B",
        "inf B",
        "five GB",
        "5 \u212aB",
        "1" * 21 + " B",
    ],
)
def test_text_that_is_not_a_size_is_rejected_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match='is not a size; write for example "500 GB"'):
        parse_size(text)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("500 GBs", "500 GB"),
        ("500  GB", "500 GB"),
        ("500 GB\n", "500 GB"),
        (" 500 GB", "500 GB"),
        ("1.5 MIB", "1.5 MiB"),
        ("5 gIB", "5 GiB"),
        ("5 tB", "5 TB"),
    ],
)
def test_text_that_is_nearly_a_size_is_rejected_with_a_suggestion(text: str, meant: str) -> None:
    with pytest.raises(ValueError, match=f'is not a size; did you mean "{meant}"'):
        parse_size(text)


@pytest.mark.parametrize(
    ("text", "first", "second"),
    [
        ("500", "500 B", "500 GB"),
        ("0.5", "0.5 B", "0.5 GB"),
        ("500 G", "500 GB", "500 GiB"),
        ("500k", "500 kB", "500 KiB"),
        ("5 m", "5 MB", "5 MiB"),
        ("500 KB", "500 kB", "500 KiB"),
        ("10 Gb", "10 GB", "1.25 GB"),
        ("10 gb", "10 GB", "1.25 GB"),
        ("10 Gib", "10 GiB", "1.25 GiB"),
        ("10 Mbit", "10 MB", "1.25 MB"),
        ("10 Mbits", "10 MB", "1.25 MB"),
        ("1e3", "1000 B", "1000 GB"),
        ("1e3 B", "1000 B", "1 B"),
        ("1.5E+2 GB", "150 GB", "1 GB"),
        ("1,5 GB", "1.5 GB", "15 GB"),
        ("1,500 GB", "1.500 GB", "1500 GB"),
        ("1,5", "1.5 GB", "15 GB"),
    ],
)
def test_an_ambiguous_size_is_rejected_with_both_readings(
    text: str, first: str, second: str
) -> None:
    with pytest.raises(ValueError, match="could be") as caught:
        parse_size(text)
    assert str(caught.value).startswith(f'"{text}" could be "{first}"')
    assert f' or "{second}"' in str(caught.value)
    assert str(caught.value).endswith("; write which")


@given(st.text(max_size=30))
@example("1e99 GB")
@example("1e+9GB")
@example("99999999999999999999,99999999999999999999e-99 zettabyte")
def test_any_text_is_a_size_or_is_rejected_with_a_message_that_quotes_it(text: str) -> None:
    try:
        assert parse_size(text) > 0
    except ValueError as error:
        assert f'"{text}"' in str(error)  # noqa: PT017 - either of both is right


@pytest.mark.parametrize(
    "text", ["0.3 B", "0.0001 kB", "0.1 KiB", "1000000000.00000000000000000001 B"]
)
def test_a_size_that_is_not_a_whole_number_of_bytes_is_rejected(text: str) -> None:
    message = f'"{text}" is not a whole number of bytes; write for example "1.5 kB"'
    with pytest.raises(ValueError, match=message):
        parse_size(text)


def test_a_size_of_zero_is_rejected() -> None:
    with pytest.raises(ValueError, match='"0 GB" is nothing; a limit is at least 1 B'):
        parse_size("0 GB")


@pytest.mark.parametrize("text", ["9007199254740993 B", "9.1 PB", "99999999999999999999 PiB"])
def test_a_size_that_prometheus_cannot_represent_exactly_is_rejected(text: str) -> None:
    with pytest.raises(ValueError, match=f"is more than {LARGEST_SIZE_BYTES} bytes"):
        parse_size(text)


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (1, "1 B"),
        (999, "999 B"),
        (1_000, "1 kB"),
        (9_133, "9.133 kB"),
        (21_474_836_480, "21.47 GB"),
        (500_000_000_000, "500 GB"),
        (499_999_999_999, "500 GB"),
        (2**53, "9.007 PB"),
        (10**19, "10000 PB"),
        (0.25, "0.25 B"),
        (-1_500, "-1.5 kB"),
    ],
)
def test_a_size_is_formatted_with_four_digits_at_most(size: float, text: str) -> None:
    assert format_size(size) == text


@pytest.mark.parametrize(
    ("size", "text"), [(1_023, "1023 B"), (1_024, "1 KiB"), (10 * 2**30, "10 GiB")]
)
def test_a_size_is_formatted_in_binary_units_on_request(size: int, text: str) -> None:
    assert format_size(size, binary=True) == text


@given(st.integers(1, LARGEST_SIZE_BYTES), st.booleans())
def test_a_formatted_size_differs_by_half_a_thousandth_at_most(
    size: int,
    binary: bool,  # noqa: FBT001 - hypothesis draws it
) -> None:
    number, unit = format_size(size, binary=binary).split(" ")
    assert abs(float(number) * UNITS[unit] - size) <= size / 2_000 * (1 + 1e-9)
    assert float(number) < (1024 if binary else 1000) or unit in ("PB", "PiB")


@given(st.integers(1, LARGEST_SIZE_BYTES))
def test_a_size_that_is_rounded_down_never_appears_larger(size: int) -> None:
    number, unit = format_size(size, rounding=ROUND_DOWN).split(" ")
    assert float(number) * UNITS[unit] <= size * (1 + 1e-12)


@given(st.integers(1, LARGEST_SIZE_BYTES))
@example(2**53)
@example(10**15)
@example(1_001)
def test_an_exactly_formatted_size_is_parsed_as_the_same_size(size: int) -> None:
    assert parse_size(format_exact(size)) == size


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (1, "1 B"),
        (1_000, "1 kB"),
        (1_024, "1 KiB"),
        (1_001, "1001 B"),
        (1_500_000_000_000, "1.5 TB"),
        (500 * 10**9, "500 GB"),
        (10 * 2**30, "10 GiB"),
        (123_456_789, "123456789 B"),
    ],
)
def test_an_exactly_formatted_size_is_as_short_as_possible(size: int, text: str) -> None:
    assert format_exact(size) == text
