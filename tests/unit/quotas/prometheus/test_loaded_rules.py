from dataclasses import replace

import pytest
import responses

from quotas.prometheus.client import PrometheusError
from quotas.prometheus.loaded_rules import find_differences
from quotas.rule_files.rule import Group, Rule, RuleFile
from tests.unit.quotas.prometheus.answers import PROMETHEUS, RULES_URL, loaded

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
    return list(find_differences(PROMETHEUS, [RuleFile("gateway-quotas-day", [WANTED])]))


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
        list(find_differences(PROMETHEUS, []))
