"""``--push``: all groups of a ruler's API are replaced, or none."""

import pytest
import requests
import responses
import yaml
from responses import matchers

from quotas.prometheus.client import PrometheusError
from quotas.prometheus.push import push_rules
from quotas.rule_files.rule import Group, Rule, RuleFile
from tests.unit.quotas.prometheus.answers import PROMETHEUS, URL

MIMIR = f"{URL}/prometheus/config/v1/rules"
CORTEX = f"{URL}/api/v1/rules"
OURS = f"{MIMIR}/gateway-quotas"
FIRST = Group("gateway-quotas", 60, [Rule("used", "sum(a)\nor\nvector(0)", labels={"quota": "x"})])
SECOND = Group("gateway-pipeline", 60, [Rule("Watchdog", "vector(1)", alert=True)])
FILES = [RuleFile("gateway-quotas", [FIRST]), RuleFile("gateway-pipeline", [SECOND])]
BEFORE = {"name": "gateway-quotas", "interval": "1m", "rules": [{"record": "used", "expr": "1"}]}
OLD = {"name": "gateway-old", "rules": [{"record": "old", "expr": "1"}]}
FOREIGN = {"name": "node", "rules": [{"record": "a", "expr": "1"}]}
LIMIT = "per-user rules per rule group limit (limit: 20 actual: 38) exceeded"
RESTORED = "\nWhat was there before is restored, and no group is changed"


def sent(http: responses.RequestsMock) -> list[tuple[str | None, str, str]]:
    """Return method, path and group of each request that changes something."""
    return [
        (call.request.method, str(call.request.url).removeprefix(URL), name_in(call.request.body))
        for call in http.calls
        if call.request.method != "GET"
    ]


def name_in(body: object) -> str:
    text = body.decode() if isinstance(body, bytes) else ""
    return str(yaml.safe_load(text)["name"]) if text else ""


def test_each_group_is_pushed_and_obsolete_ones_are_deleted(http: responses.RequestsMock) -> None:
    http.get(MIMIR, body=yaml.safe_dump({"gateway-quotas": [BEFORE, OLD], "node": [FOREIGN]}))
    is_yaml = matchers.header_matcher({"Content-Type": "application/yaml"})
    http.post(OURS, status=202, match=[is_yaml])
    http.delete(f"{OURS}/gateway-old", status=202)
    assert push_rules(PROMETHEUS, FILES) == (
        f"{URL} has 2 rules in 2 groups of the namespace gateway-quotas, and removed gateway-old; "
        "the ruler loads them within a minute or two"
    )
    path = "/prometheus/config/v1/rules/gateway-quotas"
    assert sent(http) == [
        ("POST", path, "gateway-quotas"),
        ("POST", path, "gateway-pipeline"),
        ("DELETE", f"{path}/gateway-old", ""),
    ]
    posted = http.calls[1].request.body
    assert isinstance(posted, bytes)
    assert yaml.safe_load(posted) == {
        "name": "gateway-quotas",
        "interval": "1m",
        "rules": [
            {"record": "used", "expr": "sum(a)\nor\nvector(0)", "labels": {"quota": "x"}},
        ],
    }


@pytest.mark.parametrize(
    ("status", "body"),
    [(200, "{}"), (200, ""), (404, "no rule groups found\n"), (404, "group does not exist")],
)
def test_a_ruler_without_rules_gets_them(
    http: responses.RequestsMock, status: int, body: str
) -> None:
    http.get(MIMIR, status=status, body=body)
    http.post(OURS, status=202)
    assert "has 2 rules in 2 groups" in push_rules(PROMETHEUS, FILES)


def test_cortex_has_another_path(http: responses.RequestsMock) -> None:
    http.get(MIMIR, status=404, body="404 page not found\n")
    http.get(CORTEX, status=404, body="no rule groups found\n")
    http.post(f"{CORTEX}/gateway-quotas", status=202)
    push_rules(PROMETHEUS, FILES)
    assert {path for _, path, _ in sent(http)} == {"/api/v1/rules/gateway-quotas"}


def test_an_address_that_ends_with_prometheus_is_good(http: responses.RequestsMock) -> None:
    http.get(MIMIR, status=404, body="404 page not found\n")
    # Mimir's state of rules, with the path that has their configuration in Cortex.
    http.get(CORTEX, json={"status": "success", "data": {"groups": []}})
    http.get(f"{URL}/config/v1/rules", body="{}")
    http.post(f"{URL}/config/v1/rules/gateway-quotas", status=202)
    assert "has 2 rules in 2 groups" in push_rules(PROMETHEUS, FILES)


def test_a_server_without_such_an_api_gets_nothing(http: responses.RequestsMock) -> None:
    http.get(MIMIR, status=400, body='unsupported path requested: "/x"')
    http.get(CORTEX, json={"status": "success", "data": {"groups": []}})
    http.get(f"{URL}/config/v1/rules", body="<html>[")
    with pytest.raises(PrometheusError, match=r"^http://prometheus:9090 has no API for rules, as"):
        push_rules(PROMETHEUS, FILES)
    assert sent(http) == []


def test_a_refusal_to_show_what_is_there_ends_it(http: responses.RequestsMock) -> None:
    http.get(MIMIR, status=401, body="no org id")
    with pytest.raises(PrometheusError, match="answered 401: no org id"):
        push_rules(PROMETHEUS, FILES)
    assert sent(http) == []


def test_if_a_group_is_refused_what_was_there_is_restored(http: responses.RequestsMock) -> None:
    http.get(MIMIR, body=yaml.safe_dump({"gateway-quotas": [BEFORE, OLD]}))
    http.post(OURS, status=202)
    http.post(OURS, status=400, body=LIMIT)
    http.post(OURS, status=202)
    http.delete(f"{OURS}/gateway-pipeline", status=404, body="group does not exist")
    with pytest.raises(PrometheusError) as caught:
        push_rules(PROMETHEUS, FILES)
    assert str(caught.value) == f"{OURS} answered 400: {LIMIT}; see --group-size{RESTORED}"
    path = "/prometheus/config/v1/rules/gateway-quotas"
    assert sent(http) == [
        ("POST", path, "gateway-quotas"),
        ("POST", path, "gateway-pipeline"),
        ("DELETE", f"{path}/gateway-pipeline", ""),
        ("POST", path, "gateway-quotas"),
    ]
    restored = http.calls[-1].request.body
    assert isinstance(restored, bytes)
    assert yaml.safe_load(restored) == BEFORE


def test_if_an_obsolete_group_cannot_be_deleted_all_are_restored(
    http: responses.RequestsMock,
) -> None:
    http.get(MIMIR, body=yaml.safe_dump({"gateway-quotas": [OLD]}))
    http.post(OURS, status=202)
    http.delete(f"{OURS}/gateway-old", status=500, body="no")
    http.delete(f"{OURS}/gateway-pipeline", status=202)
    http.delete(f"{OURS}/gateway-quotas", status=202)
    with pytest.raises(PrometheusError) as caught:
        push_rules(PROMETHEUS, FILES)
    assert str(caught.value).endswith(RESTORED)
    # The group that may be deleted is pushed again, and the new ones are deleted.
    assert [(method, name) for method, _, name in sent(http)[3:]] == [
        ("POST", "gateway-old"),
        ("DELETE", ""),
        ("DELETE", ""),
    ]


def test_a_ruler_that_goes_away_meanwhile_is_reported_as_half_done(
    http: responses.RequestsMock,
) -> None:
    http.get(MIMIR, body="{}")
    http.post(OURS, status=202)
    http.post(OURS, body=requests.ConnectionError("refused"))
    for group in (FIRST, SECOND):
        http.delete(f"{OURS}/{group.name}", body=requests.ConnectionError("refused"))
    with pytest.raises(PrometheusError) as caught:
        push_rules(PROMETHEUS, FILES)
    assert "\nWhat was there before could not be restored (" in str(caught.value)
    assert str(caught.value).endswith("some groups are new, some are not. Run --push again")
