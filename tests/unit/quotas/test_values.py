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
    with pytest.raises(ValueError, match=r"is not a name|expected printable text"):
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
    with pytest.raises(ValueError, match=r"is not a mail address|1 to 1024 characters|printable"):
        values.address(address)


@pytest.mark.parametrize("label", sorted(names.RESERVED_LABELS))
def test_a_label_that_the_rules_set_is_no_label_of_a_quota(label: str) -> None:
    with pytest.raises(ValueError, match=f'the label "{label}" is set by the rules'):
        values.own_labels({label: "x"})


def test_labels_are_kept_in_the_order_of_their_names() -> None:
    assert list(values.own_labels({"b": "1", "a": "2"})) == ["a", "b"]


def test_the_nearest_word_is_hinted_at_if_one_is_near() -> None:
    assert values.nearest("servise", ["route", "service"]) == '; did you mean "service"?'
    assert values.nearest("colour", ["route", "service"]) == ""


def test_a_long_text_is_shortened_in_a_message() -> None:
    assert values.describe("x" * 81) == f'"{"x" * 80}..."'


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "nothing"),
        (1, "the number 1"),
        (1.5, "the number 1.5"),
        ("a", '"a"'),
        ([1], "a list"),
        ({}, "a mapping"),
    ],
)
def test_a_value_is_described_by_its_kind(value: object, shown: str) -> None:
    assert values.describe(value) == shown
