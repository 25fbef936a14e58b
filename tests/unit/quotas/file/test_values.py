import pytest

from quotas import names
from quotas.file import values
from quotas.model import Match


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


@pytest.mark.parametrize(
    "url",
    [
        "https://wiki.example.com/operations",
        "http://localhost:3000/a%20b/operations.md?plain=1&x=(y)",
        "http://[::1]:8080/",
        "https://wiki",
    ],
)
def test_the_address_of_a_web_page_is_taken_as_it_is(url: str) -> None:
    assert values.page_url(url) == url


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
def test_what_is_no_address_of_a_web_page_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="is not the address of a web page; write for example"):
        values.page_url(url)


def test_an_address_that_has_an_anchor_already_is_refused() -> None:
    with pytest.raises(ValueError, match="has an anchor, and each alert adds its own"):
        values.page_url("https://example.com/operations#alerts")


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


@pytest.mark.parametrize(
    "regex", ["bun-.*", "a|b", "(?i)bun", "(?P<n>a)", r"\d+", r"\pL+", "[[:alpha:]]", "\u00fc.?"]
)
def test_a_regular_expression_that_prometheus_takes_is_one(regex: str) -> None:
    assert values.regex(regex) == Match(regex=regex)


@pytest.mark.parametrize(
    "regex",
    ["(", "a**", "[b-a]", "(?=a)", "(?!a)", "(?<=a)", r"(a)\1", "a{1001}", r"\C", "(?<n>a)", r"\Z"],
)
def test_a_regular_expression_that_prometheus_would_refuse_is_none(regex: str) -> None:
    with pytest.raises(ValueError, match="is not a regular expression that Prometheus takes"):
        values.regex(regex)


@pytest.mark.parametrize("step", ["1s", "15s", "30s", "1m", "1m30s", "3m", "5m"])
def test_a_step_fits_into_a_quarter_of_an_hour(step: str) -> None:
    assert 900 % values.resolution(step) == 0


@pytest.mark.parametrize("step", ["7s", "2m", "4m", "59s"])
def test_a_step_that_would_lie_in_two_periods_is_refused(step: str) -> None:
    with pytest.raises(ValueError, match="a step that fits into 15 minutes without a rest"):
        values.resolution(step)


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Etc/GMT+5", "America/Argentina/Salta"])
def test_a_time_zone_is_named_as_iana_does(zone: str) -> None:
    assert values.timezone(zone) == zone


@pytest.mark.parametrize("zone", ["CEST", "Berlin", "Europe", "../etc/passwd", "/etc/localtime"])
def test_what_is_no_name_of_a_time_zone_is_refused(zone: str) -> None:
    with pytest.raises(ValueError, match="is not a time zone"):
        values.timezone(zone)


@pytest.mark.parametrize("percent", [0.01, 1, 99.5, 99.99, 1_000])
def test_a_percentage_has_two_decimals_at_most(percent: float) -> None:
    assert values.percent(percent) == percent


@pytest.mark.parametrize("percent", [0, -1, 0.001, 99.999, 1_000.01, float("nan"), float("inf")])
def test_what_is_no_percentage_of_a_limit_is_refused(percent: float) -> None:
    with pytest.raises(ValueError, match="expected more than 0 and at most 1000 percent"):
        values.percent(percent)


@pytest.mark.parametrize("value", [0, 29, 1.0, True, "1", None])
def test_what_is_no_whole_number_between_both_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="expected a whole number from 1 to 28"):
        values.whole_number(1, 28)(value)


def test_a_day_of_the_week_is_its_number_from_monday() -> None:
    assert [values.weekday(day) for day in ("monday", "sunday")] == [0, 6]
