"""What is asked of a Prometheus, and what its answers mean."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
import responses
from hypothesis import given
from hypothesis import strategies as st

from quotas.file.loading import load_quotas
from quotas.prometheus import client as under_test
from quotas.prometheus.client import Ruler, RulerError, await_rules, differing_rules, normalise
from quotas.promql import quote
from quotas.rules.compiler import compile_rules
from quotas.rules.rulefile import Group, Rule, RuleFile

URL = "http://prometheus:9090"
RULER = Ruler(URL)
RULES_URL = f"{URL}/api/v1/rules"
RELOAD_URL = f"{URL}/-/reload"
GOLDEN = Path(__file__).resolve().parents[1] / "rules" / "golden"

RECORDED = Rule("used", 'sum(x{b="2", a=~"1"}[7d])', labels={"quota": "a"})
ALERT = Rule(
    "Usage",
    "ratio >= 0.8",
    alert=True,
    for_seconds=90,
    labels={"severity": "info"},
    annotations={"summary": "{{ $value }}"},
)
FILES = [RuleFile("gateway-quotas-day", [Group("gateway-quotas-day", 60, [RECORDED, ALERT])])]


@pytest.fixture
def prometheus() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


def loaded(*groups: Group) -> dict[str, Any]:
    """Return what Prometheus answers when these groups are loaded."""
    return {"status": "success", "data": {"groups": [_group(group) for group in groups]}}


def _group(group: Group) -> dict[str, Any]:
    return {
        "name": group.name,
        "interval": float(group.interval_seconds),
        "rules": [
            {
                "name": rule.name,
                "query": rule.query,
                "health": "ok",
                **({"labels": dict(rule.labels)} if rule.labels else {}),
                **(
                    {"duration": float(rule.for_seconds), "annotations": dict(rule.annotations)}
                    if rule.alert
                    else {}
                ),
            }
            for rule in group.rules
        ],
    }


def difference(prometheus: responses.RequestsMock, *groups: Group) -> list[str]:
    prometheus.get(RULES_URL, json=loaded(*groups))
    return list(differing_rules(RULER, FILES))


OURS = FILES[0].groups[0]


def test_rules_that_are_loaded_do_not_differ(prometheus: responses.RequestsMock) -> None:
    assert difference(prometheus, OURS, Group("node", 15, [Rule("a", "1")])) == []


def test_a_query_that_prometheus_writes_in_its_own_way_does_not_differ(
    prometheus: responses.RequestsMock,
) -> None:
    shown = replace(RECORDED, query='sum(x{a=~"1",b="2"}[1w])')
    assert difference(prometheus, Group(OURS.name, 60, [shown, ALERT])) == []


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
        "other severity",
        "other annotations",
    ],
)
def test_rules_that_are_not_these_differ(
    prometheus: responses.RequestsMock, rules: list[Rule]
) -> None:
    assert difference(prometheus, Group(OURS.name, 60, rules)) == [
        "the group gateway-quotas-day has other rules"
    ]


def test_a_group_that_is_evaluated_at_another_interval_differs(
    prometheus: responses.RequestsMock,
) -> None:
    assert difference(prometheus, Group(OURS.name, 300, OURS.rules)) == [
        "the group gateway-quotas-day has another interval"
    ]


def test_a_group_that_is_not_loaded_differs_and_so_does_one_that_is_gone(
    prometheus: responses.RequestsMock,
) -> None:
    gone = Group("gateway-quotas-week", 60, [])
    assert difference(prometheus, gone) == [
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
def test_an_answer_that_is_not_of_prometheus_is_told(
    prometheus: responses.RequestsMock, answer: str
) -> None:
    prometheus.get(RULES_URL, body=answer)
    with pytest.raises(RulerError, match=f"^{RULES_URL}: the answer is not Prometheus's$"):
        list(differing_rules(RULER, FILES))


def test_a_query_is_answered_by_labels_and_numbers(prometheus: responses.RequestsMock) -> None:
    result = [{"metric": {"a": "b"}, "value": [1, "2.5"]}]
    prometheus.get(
        f"{URL}/api/v1/query",
        json={"data": {"result": result}},
        match=[responses.matchers.query_param_matcher({"query": "x{a='b'} + 1"})],
    )
    assert RULER.query("x{a='b'} + 1") == [({"a": "b"}, 2.5)]


def test_an_address_may_end_with_a_slash_or_have_a_path(
    prometheus: responses.RequestsMock,
) -> None:
    prometheus.get("http://host/prometheus/api/v1/rules", json=loaded())
    for url in ("http://host/prometheus", "http://host/prometheus/"):
        assert Ruler(url).ask("/api/v1/rules") == {"groups": []}


def test_an_answer_with_an_error_is_told_with_its_text(
    prometheus: responses.RequestsMock,
) -> None:
    prometheus.get(RULES_URL, status=503, body="  Service Unavailable\n" + "x" * 500)
    with pytest.raises(RulerError) as caught:
        RULER.ask("/api/v1/rules")
    assert str(caught.value).startswith(f"{RULES_URL} answered 503: Service Unavailable\nxxx")
    assert len(str(caught.value)) < 400


def test_a_server_that_is_not_there_is_told(prometheus: responses.RequestsMock) -> None:
    prometheus.get(RULES_URL, body=requests.ConnectionError("refused"))
    with pytest.raises(RulerError, match=f"{RULES_URL} cannot be reached: refused"):
        RULER.ask("/api/v1/rules")


def test_an_address_that_is_none_is_told() -> None:
    with pytest.raises(RulerError, match="localhost:9090/api/v1/rules cannot be reached"):
        Ruler("localhost:9090").ask("/api/v1/rules")


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_an_answer_that_sends_elsewhere_is_not_taken_for_a_reload(
    prometheus: responses.RequestsMock, status: int
) -> None:
    prometheus.post(RELOAD_URL, status=status, headers={"Location": "/prometheus/-/reload"})
    with pytest.raises(RulerError, match=f"answered {status}, see /prometheus/-/reload; name that"):
        RULER.reload()


def test_a_reload_is_posted_and_its_rules_awaited(
    prometheus: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(under_test, "POLL_SECONDS", 0.01)
    prometheus.post(RELOAD_URL)
    prometheus.get(RULES_URL, json=loaded())
    prometheus.get(RULES_URL, json=loaded(OURS))
    assert await_rules(RULER, FILES) == f"{URL} has loaded these 2 rules"


def test_rules_that_are_never_loaded_are_told_with_what_differs(
    prometheus: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(under_test, "RELOAD_TIMEOUT_SECONDS", 0)
    prometheus.post(RELOAD_URL)
    prometheus.get(RULES_URL, json=loaded())
    with pytest.raises(RulerError) as caught:
        await_rules(RULER, FILES)
    assert str(caught.value) == (
        f"{URL} has reloaded, but its rules are not these: the group gateway-quotas-day is not "
        "loaded; does rule_files in its prometheus.yml name the folder of --out?"
    )


def test_a_prometheus_without_lifecycle_is_told_what_it_lacks(
    prometheus: responses.RequestsMock,
) -> None:
    prometheus.post(RELOAD_URL, status=403, body="Lifecycle API is not enabled.")
    with pytest.raises(RulerError, match=r"answered 403 to a reload: start it with --web\.enable"):
        RULER.reload()


def test_a_reload_that_fails_is_told_with_its_reason(prometheus: responses.RequestsMock) -> None:
    prometheus.post(RELOAD_URL, status=500, body="failed to reload config: bad rule")
    with pytest.raises(RulerError, match="answered 500: failed to reload config: bad rule"):
        RULER.reload()


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
def test_what_means_the_same_is_the_same(written: str, shown: str) -> None:
    assert normalise(written) == normalise(shown)


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
def test_what_means_something_else_is_not_the_same(one: str, other: str) -> None:
    assert normalise(one) != normalise(other)


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"])))
def test_any_label_value_is_the_same_however_go_writes_it(value: str) -> None:
    shown = json.dumps(value, ensure_ascii=False)
    longer = "".join(
        f"\\U{ord(character):08x}" if ord(character) > 0xFFFF else character for character in shown
    )
    assert normalise(f"x{{a={quote(value)}}}") == normalise(f"x{{a={longer}}}")


def test_every_compiled_query_is_the_same_without_its_layout() -> None:
    files = compile_rules(load_quotas(GOLDEN / "full.yaml"), datetime(2026, 11, 24, tzinfo=UTC))
    for rule in (rule for file in files for group in file.groups for rule in group.rules):
        lines = [line for line in rule.query.splitlines() if not line.lstrip().startswith("#")]
        assert normalise(rule.query) == normalise(" ".join(line.strip() for line in lines))
