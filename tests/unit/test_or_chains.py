from dataclasses import replace

import pytest

from quotas.file.loading import load_quotas
from quotas.promql import either
from quotas.rules.compiler import compile_rules
from tests.unit.or_chains import left_nested
from tests.unit.quotas.rules.test_compiler import GOLDEN, GOLDEN_NAMES, NOW


@pytest.mark.parametrize(
    "query",
    [
        "a or b or c",
        "(a or b) or c",
        "((a or b)) or c",
        "sum(a or b or c)",
        "x unless on (job) (a and b or c unless d or e)",
        "a or (b or c) or d",
        "sum_over_time((a or b or c)[5m:1m])",
        "a or on () b or on () c",
    ],
)
def test_a_chain_nested_to_the_left_is_found(query: str) -> None:
    assert left_nested(query)


@pytest.mark.parametrize(
    "query",
    [
        "a or b",
        "a or (b or c)",
        "a or (b or (c or d))",
        "sum(a or b) or c",
        "sum by (x) (a or b) or c",
        "(a or b) + (c or d)",
        'a{x=" or ", y="or"} or on (x) b or_more',
        either("a", "b", "c", "d"),
    ],
)
def test_other_queries_are_left_alone(query: str) -> None:
    assert left_nested(query) == ""


@pytest.mark.parametrize("name", GOLDEN_NAMES)
@pytest.mark.parametrize("live", [True, False])
@pytest.mark.parametrize("count_new_targets", [True, False])
def test_rules_nest_their_chains_to_the_right(
    *, name: str, live: bool, count_new_targets: bool
) -> None:
    quotas = load_quotas(GOLDEN / f"{name}.yaml")
    accounting = replace(quotas.accounting, count_new_targets=count_new_targets)
    files = compile_rules(replace(quotas, accounting=accounting), NOW, live=live)
    queries = [rule.query for file in files for group in file.groups for rule in group.rules]
    assert len(queries) > 20
    assert list(filter(None, map(left_nested, queries))) == []
