import pytest

from kong.mock.metrics.text import format_number, full_name


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (1, "1"),
        (0.5, "0.5"),
        (9300.0, "9300"),
        (99_999_999_999_999, "99999999999999"),
        (10**14, "1e+14"),
        (123_456_789_012_344, "1.2345678901234e+14"),
        (10**15 + 1, "1e+15"),
        (float("nan"), "nan"),
        (float("inf"), "inf"),
        (float("-inf"), "-inf"),
    ],
)
def test_numbers_are_written_as_lua_writes_them(value: float, text: str) -> None:
    assert format_number(value) == text


def test_labels_follow_the_name_in_their_order() -> None:
    assert full_name("up", {}) == "up"
    assert full_name("up", {"job": "kong", "code": 200}) == 'up{job="kong",code="200"}'


def test_only_backslashes_and_quotes_of_a_label_are_escaped() -> None:
    assert full_name("up", {"a": 'a"b\\c\nd'}) == 'up{a="a\\"b\\\\c\nd"}'
