import pytest

from quotas import names, values
from quotas.model import Threshold


@pytest.mark.parametrize(
    ("percent", "severity"),
    [
        (1, "info"),
        (79, "info"),
        (80, "info"),
        (89, "info"),
        (90, "warning"),
        (99, "warning"),
        (100, "critical"),
        (1_000, "critical"),
    ],
)
def test_how_grave_a_threshold_is_follows_from_how_near_the_limit_it_is(
    percent: int, severity: str
) -> None:
    assert values.threshold(percent) == Threshold(percent, severity)


@pytest.mark.parametrize("name", ["a", "0", "bun-egress", "a.b_c-1", "a" * 63])
def test_a_name_is_of_lower_case_letters_digits_dots_underscores_and_hyphens(name: str) -> None:
    assert values.quota_name(name) == name


@pytest.mark.parametrize("name", ["A", "-a", ".a", "a b", "a/b", "ä", "a" * 64, "a\u200b"])
def test_what_a_url_or_label_would_stumble_over_is_no_name(name: str) -> None:
    with pytest.raises(ValueError, match="is not a name"):
        values.quota_name(name)


@pytest.mark.parametrize(
    "address", ["ops@example.com", "a.b+c@example.org", "o'neil@x", "x@" + "a" * 253]
)
def test_an_address_is_taken_as_it_is(address: str) -> None:
    assert values.address(address) == address


@pytest.mark.parametrize(
    "address",
    ["", "ops", "@example.com", "ops@", "a@b@c", "a b@c", "a@b c", "A <a@b.c>", "a@b\r\nBcc: c@d"],
)
def test_what_is_no_single_plain_address_is_refused(address: str) -> None:
    with pytest.raises(
        ValueError, match=r"is not a mail address|1 to 1024 characters|control characters"
    ):
        values.address(address)


@pytest.mark.parametrize("label", sorted(names.RESERVED_LABELS))
def test_a_label_that_the_rules_set_is_no_label_of_a_quota(label: str) -> None:
    with pytest.raises(ValueError, match=f'the label "{label}" is set by the rules'):
        values.label_name(label)


@pytest.mark.parametrize("label", ["team", "Team_2", "_private", "a" * 63])
def test_a_label_name_is_what_prometheus_takes_without_quotes(label: str) -> None:
    assert values.label_name(label) == label


@pytest.mark.parametrize("label", ["1a", "__a", "a b", "a-b", "ä", "a" * 64])
def test_what_prometheus_would_not_take_or_keeps_for_itself_is_no_label_name(label: str) -> None:
    with pytest.raises(ValueError, match="is not a label name"):
        values.label_name(label)


@pytest.mark.parametrize(
    "text",
    [
        "a\u00a0b",
        "\U0001f468\u200d\U0001f469\u200d\U0001f467",
        "Zürich",
        "\u200f\u05e2\u05d1",
        " ",
        "x" * 1024,
    ],
    ids=["no-break space", "joined emoji", "umlaut", "right to left", "space", "longest"],
)
def test_one_line_of_any_script_is_text(text: str) -> None:
    assert values.text(text) == text


@pytest.mark.parametrize("character", ["\t", "\n", "\r", "\0", "\x7f", "\x85", "\u2028", "\u2029"])
def test_what_breaks_a_line_or_controls_a_terminal_is_no_text(character: str) -> None:
    with pytest.raises(ValueError, match=r"found control characters in 'a\\.+b', expected text"):
        values.text(f"a{character}b")


@pytest.mark.parametrize("text", ["5m", "300s", "1h30m", "1d"])
def test_a_duration_may_be_the_shortest_the_longest_or_between(text: str) -> None:
    assert 300 <= values.duration_between("5m", "1d")(text) <= 86_400


@pytest.mark.parametrize("text", ["4m59s", "1d1s", "25h", "99w", "999999w999999d"])
def test_a_duration_beyond_its_bounds_is_refused_with_both(text: str) -> None:
    with pytest.raises(ValueError, match=f'found "{text}", expected 5m to 1d'):
        values.duration_between("5m", "1d")(text)


@pytest.mark.parametrize("number", [60, 1.5])
def test_a_duration_needs_a_unit(number: float) -> None:
    with pytest.raises(ValueError, match=f"found the number {number} without a unit"):
        values.duration_between("1s", "5m")(number)


def test_the_nearest_word_is_hinted_at_if_one_is_near() -> None:
    assert values.nearest("servise", ["route", "service"]) == '; did you mean "service"?'
    assert values.nearest("colour", ["route", "service"]) == ""


def test_a_long_text_is_shortened_in_a_message() -> None:
    assert values.describe("x" * 81) == f'"{"x" * 80}..."'


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "nothing"),
        (True, "true, as YAML reads yes and on"),
        (False, "false, as YAML reads no and off"),
        (1, "the number 1"),
        (1.5, "the number 1.5"),
        ("a", '"a"'),
        ([1], "a list"),
        ({}, "a mapping"),
    ],
)
def test_a_value_is_described_by_its_kind(value: object, shown: str) -> None:
    assert values.describe(value) == shown
