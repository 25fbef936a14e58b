import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from quotas.promql import quote, quote_alternatives, select, selector

# Text without halves of surrogate pairs, which YAML cannot contain.
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
_ESCAPES = {
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
    "\\": "\\",
    '"': '"',
}


def go_unquote(literal: str) -> str:
    """Read a double-quoted literal as Go's strconv.Unquote does, or fail.

    https://go.dev/ref/spec#String_literals
    """
    assert literal[0] == literal[-1] == '"'
    inner, at, value = literal[1:-1], 0, ""
    while at < len(inner):
        assert inner[at] not in '"\n'
        if inner[at] != "\\":
            value, at = value + inner[at], at + 1
        elif inner[at + 1] == "u":
            code = int(inner[at + 2 : at + 6], 16)
            assert not 0xD800 <= code <= 0xDFFF
            value, at = value + chr(code), at + 6
        else:
            value, at = value + _ESCAPES[inner[at + 1]], at + 2
    return value


@given(TEXT)
@example('"')
@example("\\")
@example('\\"} or vector(1) #')
@example("\n\r\t\0\x7f\u2028")
@example("\U0001f680")
@example("{{ $labels.quota }}")
@example("\ufffd")
def test_prometheus_reads_a_quoted_value_as_the_value(value: str) -> None:
    assert go_unquote(quote(value)) == value


@pytest.mark.parametrize(
    ("value", "quoted"), [("a\ufffdb", '"a\\ufffdb"'), ("a\\\ufffdb", '"a\\\\\\ufffdb"')]
)
def test_the_replacement_character_is_escaped(value: str, quoted: str) -> None:
    assert quote(value) == quoted


@pytest.mark.parametrize("value", ["", "bun-service", "Zürich"])
def test_an_ordinary_value_stays_readable(value: str) -> None:
    assert quote(value) == f'"{value}"'


def test_a_selector_has_each_label_with_its_quoted_value() -> None:
    assert select({"service": 'b"n', "route": "r"}) == '{service="b\\"n", route="r"}'


def test_a_selector_without_labels_selects_everything() -> None:
    assert select({}) == "{}"


def test_a_selector_leaves_out_empty_matchers() -> None:
    assert selector(['a="1"', "", 'b!="2"']) == '{a="1", b!="2"}'
    assert selector([""]) == selector([]) == ""


def test_names_with_hyphens_stay_readable_in_a_regular_expression() -> None:
    assert quote_alternatives(["bun-egress", "a.b"]) == r'"bun-egress|a\\.b"'


@given(st.lists(TEXT, min_size=1, max_size=5), TEXT)
@example(["a.b"], "axb")
@example(["\\-"], "-")
@example(["a|b"], "a")
@example(["$"], "")
def test_a_regular_expression_of_values_matches_exactly_these_values(
    values: list[str], other: str
) -> None:
    expression = re.compile(go_unquote(quote_alternatives(values)))
    assert all(expression.fullmatch(value) for value in values)
    assert bool(expression.fullmatch(other)) == (other in values)
