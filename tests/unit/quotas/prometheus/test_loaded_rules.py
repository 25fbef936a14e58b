from dataclasses import replace
from typing import Any

import pytest
import responses

from quotas.prometheus.client import PrometheusError
from quotas.prometheus.loaded_rules import differences_of, loaded_groups
from quotas.rule_files.rule import Group, Rule, RuleFile
from tests.unit.quotas.prometheus.answers import PROMETHEUS, RULES_URL, loaded
from tests.unit.quotas.prometheus.engines import thanos_groups, vmalert_groups

RECORDED = Rule("used", 'sum(x{b="2", a=~"1"}[7d])', labels={"quota": "a"})
ALERT = Rule(
    "Usage",
    "ratio >= 0.8",
    alert=True,
    for_seconds=90,
    labels={"severity": "info"},
    annotations={"summary": "{{ $value }}"},
)

WANTED = Group("gateway-quotas-day", 60, [RECORDED, ALERT])


def differences(http: responses.RequestsMock, *groups: Group) -> list[str]:
    """Return how these loaded groups differ from the wanted one."""
    http.get(RULES_URL, json={"data": loaded(groups)})
    files = [RuleFile("gateway-quotas-day", [WANTED])]
    return list(differences_of(loaded_groups(PROMETHEUS), files, is_exact=True))


def test_loaded_rules_do_not_differ_and_other_groups_are_ignored(
    http: responses.RequestsMock,
) -> None:
    assert differences(http, WANTED, Group("node", 15, [Rule("a", "1")])) == []


def test_a_query_in_the_notation_of_prometheus_does_not_differ(
    http: responses.RequestsMock,
) -> None:
    shown = replace(RECORDED, query='sum(x{a=~"1",b="2"}[1w])')
    assert differences(http, Group(WANTED.name, 60, [shown, ALERT])) == []


@pytest.mark.parametrize(
    "rules",
    [
        [RECORDED],
        [ALERT, RECORDED],
        [replace(RECORDED, name="other"), ALERT],
        [replace(RECORDED, query='sum(x{b="2", a=~"1"}[8d])'), ALERT],
        [replace(RECORDED, query='sum(x{b="2", a="1"}[7d])'), ALERT],
        [replace(RECORDED, labels={"quota": "a", "team": "x"}), ALERT],
        [RECORDED, replace(ALERT, for_seconds=60)],
        [RECORDED, replace(ALERT, keep_firing_seconds=60)],
        [RECORDED, replace(ALERT, labels={"severity": "critical"})],
        [RECORDED, replace(ALERT, annotations={})],
    ],
    ids=[
        "fewer",
        "other order",
        "other name",
        "other range",
        "other matcher",
        "other labels",
        "other duration",
        "other duration after its end",
        "other severity",
        "other annotations",
    ],
)
def test_other_rules_differ(http: responses.RequestsMock, rules: list[Rule]) -> None:
    assert differences(http, Group(WANTED.name, 60, rules)) == [
        "the group gateway-quotas-day has other rules"
    ]


def test_another_interval_differs(
    http: responses.RequestsMock,
) -> None:
    assert differences(http, Group(WANTED.name, 300, WANTED.rules)) == [
        "the group gateway-quotas-day has another interval"
    ]


def test_a_group_that_is_missing_differs_and_so_does_one_that_is_no_longer_wanted(
    http: responses.RequestsMock,
) -> None:
    gone = Group("gateway-quotas-week", 60, [])
    assert differences(http, gone) == [
        "the group gateway-quotas-day is not loaded",
        "the group gateway-quotas-week is loaded, but no longer wanted",
    ]


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "<html>",
        "[]",
        "{}",
        '{"data": null}',
        '{"data": []}',
        '{"data": {}}',
        '{"data": {"groups": null}}',
    ],
)
def test_an_answer_that_is_not_from_prometheus_is_reported(
    http: responses.RequestsMock, answer: str
) -> None:
    http.get(RULES_URL, body=answer)
    with pytest.raises(PrometheusError, match=f"^{RULES_URL}: the answer is not Prometheus's$"):
        loaded_groups(PROMETHEUS)


FILES = [RuleFile("gateway-quotas-day", [WANTED])]


def differences_of_another_ruler(*answers: dict[str, Any]) -> list[str]:
    groups = [group for answer in answers for group in answer["groups"]]
    return list(differences_of(groups, FILES, is_exact=False))


@pytest.mark.parametrize("version_1_79", [False, True])
def test_rules_of_vmalert_do_not_differ(*, version_1_79: bool) -> None:
    assert differences_of_another_ruler(vmalert_groups([WANTED], version_1_79=version_1_79)) == []


def test_sorted_rules_with_a_label_of_the_ruler_do_not_differ() -> None:
    assert differences_of_another_ruler(thanos_groups([WANTED], ruler="r0")) == []


def test_the_rules_of_two_replicas_do_not_differ() -> None:
    replicas = (thanos_groups([WANTED], replica=name) for name in "ab")
    assert differences_of_another_ruler(*replicas) == []


def test_groups_that_are_split_otherwise_do_not_differ() -> None:
    parts = [
        replace(WANTED, name=f"{WANTED.name}-part-{number}", rules=[rule])
        for number, rule in enumerate(WANTED.rules, start=1)
    ]
    assert differences_of_another_ruler(thanos_groups(parts)) == []


@pytest.mark.parametrize(
    "changed",
    [
        replace(ALERT, query="ratio >= 0.9"),
        replace(ALERT, for_seconds=60),
        replace(ALERT, keep_firing_seconds=60),
        replace(ALERT, labels={"severity": "critical"}),
        replace(ALERT, labels={"severity": "info", "ruler": "r0"}),
        replace(ALERT, annotations={}),
    ],
    ids=["query", "duration", "duration after its end", "label", "more labels", "annotations"],
)
def test_another_rule_differs_from_the_one_that_is_missing(changed: Rule) -> None:
    group = replace(WANTED, rules=[RECORDED, changed])
    assert differences_of_another_ruler(thanos_groups([group])) == [
        "rules that are not loaded: 1, such as Usage of the group gateway-quotas-day",
        "rules that are no longer wanted: 1, such as Usage of gateway-quotas-day",
    ]


def test_an_interval_of_another_ruler_differs() -> None:
    found = differences_of_another_ruler(vmalert_groups([replace(WANTED, interval_seconds=15)]))
    assert found[0].startswith("rules that are not loaded: 2, such as ")


def test_groups_of_quotas_that_are_gone_differ_and_foreign_ones_do_not() -> None:
    gone = Group("gateway-quotas-week", 60, [RECORDED])
    foreign = Group("node", 60, [RECORDED])
    assert (
        differences_of_another_ruler(vmalert_groups([WANTED, replace(gone, rules=[ALERT])])) == []
    )
    other = replace(gone, rules=[replace(RECORDED, name="old")])
    assert differences_of_another_ruler(vmalert_groups([WANTED, foreign, other])) == [
        "rules that are no longer wanted: 1, such as old of gateway-quotas-week"
    ]
