import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quotas.file.loading import load_quotas
from quotas.prometheus.promql_tokens import tokenize
from quotas.promql import quote
from quotas.rules.compiler import compile_rules

GOLDEN = Path(__file__).resolve().parents[1] / "rules" / "golden"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("a\n  +\nb", "a + b"),
        ("# why\na\n  # and how\n+ b", "a + b"),
        ('x{b="1", a="2"}', 'x{a="2",b="1"}'),
        ('x{b!~"1|,}", a="{"}', 'x{a="{",b!~"1|,}"}'),
        ("sum by (a, b) (x)", "sum by(a,b)(x)"),
        ("x[7d]", "x[1w]"),
        ("x[14d] offset 1h", "x[2w] offset 1h"),
        ("x >= 1.0", "x >= 1"),
        ("vector(21474836480)", "vector(2.147483648e+10)"),
        ("vector(1000000)", "vector(1e+06)"),
        ('"a\\u00adb"', '"a\u00adb"'),
        ('x{a="\U0001fae0"}', 'x{a="\\U0001fae0"}'),
    ],
)
def test_two_notations_of_a_query_have_the_same_tokens(written: str, shown: str) -> None:
    assert tokenize(written) == tokenize(shown)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a + b", "b + a"),
        ('x{a="1"}', 'x{a=~"1"}'),
        ('x{a="1"}', 'x{a="1 "}'),
        ("x[7d]", "x[8d]"),
        ("x > 1", "x >= 1"),
        ("x * 2", "x * 2.5"),
        ('"\\\\U0001fae0"', '"\U0001fae0"'),
        ("sum by (a) (x)", "sum by (a, b) (x)"),
    ],
)
def test_different_queries_have_different_tokens(one: str, other: str) -> None:
    assert tokenize(one) != tokenize(other)


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"])))
def test_the_escapes_of_go_make_no_difference(value: str) -> None:
    shown = json.dumps(value, ensure_ascii=False)
    longer = "".join(
        f"\\U{ord(character):08x}" if ord(character) > 0xFFFF else character for character in shown
    )
    assert tokenize(f"x{{a={quote(value)}}}") == tokenize(f"x{{a={longer}}}")


def test_the_layout_of_compiled_queries_makes_no_difference() -> None:
    files = compile_rules(load_quotas(GOLDEN / "full.yaml"), datetime(2026, 11, 24, tzinfo=UTC))
    for rule in (rule for file in files for group in file.groups for rule in group.rules):
        lines = [line for line in rule.query.splitlines() if not line.lstrip().startswith("#")]
        assert tokenize(rule.query) == tokenize(" ".join(line.strip() for line in lines))
