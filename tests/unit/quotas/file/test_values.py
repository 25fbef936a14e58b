import pytest

from quotas import names
from quotas.file import values


@pytest.mark.parametrize("name", ["a", "0", "bun-egress", "a.b_c-1", "a" * 63])
def test_a_quota_name_has_lower_case_letters_digits_dots_underscores_and_hyphens(name: str) -> None:
    assert values.parse_quota_name(name) == name


@pytest.mark.parametrize("name", ["A", "-a", ".a", "a b", "a/b", "ä", "a" * 64, "a\u200b"])
def test_a_quota_name_with_other_characters_is_rejected(name: str) -> None:
    with pytest.raises(ValueError, match="is not a name"):
        values.parse_quota_name(name)


@pytest.mark.parametrize(
    "address", ["ops@example.com", "a.b+c@example.org", "o'neil@x", "x@" + "a" * 253]
)
def test_a_mail_address_is_returned_unchanged(address: str) -> None:
    assert values.parse_mail_address(address) == address


@pytest.mark.parametrize(
    "address",
    ["", "ops", "@example.com", "ops@", "a@b@c", "a b@c", "a@b c", "A <a@b.c>", "a@b\r\nBcc: c@d"],
)
def test_text_that_is_not_a_single_plain_mail_address_is_rejected(address: str) -> None:
    with pytest.raises(
        ValueError, match=r"is not a mail address|1 to 1024 characters|control characters"
    ):
        values.parse_mail_address(address)


@pytest.mark.parametrize(
    "url",
    [
        "https://wiki.example.com/operations",
        "http://localhost:3000/a%20b/operations.md?plain=1&x=(y)",
        "http://[::1]:8080/",
        "https://wiki",
    ],
)
def test_the_address_of_a_web_page_is_returned_unchanged(url: str) -> None:
    assert values.parse_page_url(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "wiki.example.com/operations",
        "docs/operations.md",
        "ftp://example.com/",
        "javascript:alert(1)",
        "https://",
        "https:///operations",
        "https://user:password@example.com/",
        "https://example.com/a b",
        "https://example.com/ä",
        "https://example.com/{{ .Labels }}",
        'https://example.com/"x',
        "https://example.com:port/",
    ],
)
def test_text_that_is_not_the_address_of_a_web_page_is_rejected(url: str) -> None:
    with pytest.raises(ValueError, match="is not the address of a web page; write for example"):
        values.parse_page_url(url)


def test_the_address_of_a_web_page_with_an_anchor_is_rejected() -> None:
    with pytest.raises(ValueError, match="has an anchor, and each alert adds its own"):
        values.parse_page_url("https://example.com/operations#alerts")


@pytest.mark.parametrize("label", sorted(names.RESERVED_LABELS))
def test_a_quota_may_not_have_a_label_that_the_rules_set(label: str) -> None:
    with pytest.raises(ValueError, match=f'the label "{label}" is set by the rules'):
        values.parse_label_name(label)


@pytest.mark.parametrize("label", ["team", "Team_2", "_private", "a" * 63])
def test_a_label_name_is_one_that_prometheus_accepts_without_quotes(label: str) -> None:
    assert values.parse_label_name(label) == label


@pytest.mark.parametrize("label", ["1a", "__a", "a b", "a-b", "ä", "a" * 64])
def test_a_label_name_that_prometheus_rejects_or_reserves_is_rejected(label: str) -> None:
    with pytest.raises(ValueError, match="is not a label name"):
        values.parse_label_name(label)


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
def test_text_is_one_line_in_any_script(text: str) -> None:
    assert values.parse_text(text) == text


@pytest.mark.parametrize("character", ["\t", "\n", "\r", "\0", "\x7f", "\x85", "\u2028", "\u2029"])
def test_text_with_line_breaks_or_control_characters_is_rejected(character: str) -> None:
    with pytest.raises(ValueError, match=r"found control characters in 'a\\.+b', expected text"):
        values.parse_text(f"a{character}b")


@pytest.mark.parametrize("text", ["5m", "300s", "1h30m", "1d"])
def test_a_duration_within_its_bounds_is_accepted(text: str) -> None:
    assert 300 <= values.duration_between("5m", "1d")(text) <= 86_400


@pytest.mark.parametrize("text", ["4m59s", "1d1s", "25h", "99w", "999999w999999d"])
def test_a_duration_outside_its_bounds_is_rejected_with_both_bounds(text: str) -> None:
    with pytest.raises(ValueError, match=f'found "{text}", expected 5m to 1d'):
        values.duration_between("5m", "1d")(text)


@pytest.mark.parametrize("number", [60, 1.5])
def test_a_duration_needs_a_unit(number: float) -> None:
    with pytest.raises(ValueError, match=f"found the number {number} without a unit"):
        values.duration_between("1s", "5m")(number)


def test_the_most_similar_word_is_suggested_if_there_is_one() -> None:
    assert values.did_you_mean("servise", ["route", "service"]) == '; did you mean "service"?'
    assert values.did_you_mean("colour", ["route", "service"]) == ""


def test_a_long_text_is_shortened_in_a_message() -> None:
    assert values.describe_value("x" * 81) == f'"{"x" * 80}..."'


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
    assert values.describe_value(value) == shown


@pytest.mark.parametrize("value", [0, 29, 1.0, True, "1", None])
def test_a_value_that_is_not_a_whole_number_within_its_bounds_is_rejected(value: object) -> None:
    with pytest.raises(ValueError, match="expected a whole number from 1 to 28"):
        values.whole_number(1, 28)(value)
