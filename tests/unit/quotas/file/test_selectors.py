import pytest

from quotas.file.selectors import parse_excluded, parse_match, parse_regex
from quotas.model import Match


def test_a_selector_is_a_name_a_list_of_names_or_a_regular_expression() -> None:
    assert parse_match("a") == Match(("a",))
    assert parse_match(["a", "b"]) == Match(("a", "b"))
    assert parse_match({"matches": "a.*"}) == Match(regex="a.*")


def test_excluded_values_are_one_or_several_for_each_label() -> None:
    assert parse_excluded({"consumer": "a", "route": ["b", "c"]}) == {
        "consumer": ("a",),
        "route": ("b", "c"),
    }


@pytest.mark.parametrize(
    "regex", ["bun-.*", "a|b", "(?i)bun", "(?P<n>a)", r"\d+", r"\pL+", "[[:alpha:]]", "\u00fc.?"]
)
def test_a_regular_expression_that_prometheus_accepts_is_accepted(regex: str) -> None:
    assert parse_regex(regex) == Match(regex=regex)


@pytest.mark.parametrize(
    "regex",
    ["(", "a**", "[b-a]", "(?=a)", "(?!a)", "(?<=a)", r"(a)\1", "a{1001}", r"\C", "(?<n>a)", r"\Z"],
)
def test_a_regular_expression_that_prometheus_rejects_is_rejected(regex: str) -> None:
    with pytest.raises(ValueError, match="is not a regular expression that Prometheus takes"):
        parse_regex(regex)
