from typing import Any

import pytest
import responses

from quotas.prometheus import reload
from quotas.prometheus.client import PrometheusError
from quotas.prometheus.engine import Engine
from quotas.prometheus.reload import reload_rules
from quotas.rule_files.rule import Group, Rule, RuleFile
from tests.unit.quotas.prometheus.answers import PROMETHEUS, RELOAD_URL, RULES_URL, URL, loaded
from tests.unit.quotas.prometheus.engines import (
    MIMIR_BUILD,
    QUERIER_FLAGS,
    RULER_FLAGS,
    THANOS_BUILD,
    THANOS_RUNTIME,
    answer,
    thanos_groups,
    vmalert_groups,
)

GROUP = Group("gateway-quotas-day", 60, [Rule("used", "1"), Rule("limit", "2")])
FILES = [RuleFile("gateway-quotas-day", [GROUP])]


def test_after_a_reload_the_rules_are_awaited(
    http: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reload, "POLL_SECONDS", 0.01)
    http.post(RELOAD_URL)
    http.get(RULES_URL, json={"data": loaded([])})
    http.get(RULES_URL, json={"data": loaded([GROUP])})
    assert reload_rules(PROMETHEUS, FILES, Engine.PROMETHEUS) == f"{URL} has loaded these 2 rules"


def test_rules_that_are_not_loaded_in_time_are_reported_with_a_difference(
    http: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reload, "RELOAD_TIMEOUT_SECONDS", 0)
    http.post(RELOAD_URL)
    http.get(RULES_URL, json={"data": loaded([])})
    with pytest.raises(PrometheusError) as caught:
        reload_rules(PROMETHEUS, FILES, Engine.PROMETHEUS)
    assert str(caught.value) == (
        f"{URL} has reloaded, but its rules are not these: the group gateway-quotas-day is not "
        "loaded; does rule_files in its prometheus.yml name the folder of --out?"
    )


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({"status/buildinfo": {}}, "VictoriaMetrics, which has no rules: name its vmalert"),
        ({"status/buildinfo": MIMIR_BUILD}, "by its API, not from files: use --push URL"),
        ({"query": {"result": []}}, "Mimir or Cortex, which gets rules by its API"),
        (
            {
                "status/buildinfo": THANOS_BUILD,
                "status/runtimeinfo": THANOS_RUNTIME,
                "status/flags": QUERIER_FLAGS,
            },
            "a Thanos Querier, which has no rules: name the Prometheus, or the Thanos Ruler",
        ),
    ],
    ids=["VictoriaMetrics", "Mimir", "Cortex", "Thanos Querier"],
)
def test_a_server_without_files_of_rules_is_refused_at_once(
    http: responses.RequestsMock, answers: dict[str, Any], words: str
) -> None:
    answer(http, answers)
    with pytest.raises(PrometheusError, match=words):
        reload_rules(PROMETHEUS, FILES)
    assert {call.request.method for call in http.calls} == {"GET"}


def test_vmalert_reloads(http: responses.RequestsMock) -> None:
    answer(http, {"rules": vmalert_groups([GROUP])}, status=400)
    http.post(RELOAD_URL)
    assert reload_rules(PROMETHEUS, FILES) == f"{URL} has loaded these 2 rules"


def test_a_thanos_ruler_reloads(http: responses.RequestsMock) -> None:
    about = {"status/buildinfo": THANOS_BUILD, "status/runtimeinfo": THANOS_RUNTIME}
    rules = thanos_groups([GROUP], ruler="r0")
    answer(http, {**about, "status/flags": RULER_FLAGS, "rules": rules})
    http.post(RELOAD_URL)
    assert reload_rules(PROMETHEUS, FILES) == f"{URL} has loaded these 2 rules"


def test_a_ruler_that_keeps_other_rules_is_reported_with_where_to_look(
    http: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reload, "RELOAD_TIMEOUT_SECONDS", 0)
    answer(http, {"rules": vmalert_groups([])}, status=400)
    http.post(RELOAD_URL)
    with pytest.raises(PrometheusError) as caught:
        reload_rules(PROMETHEUS, FILES)
    assert str(caught.value) == (
        f"{URL} has reloaded, but its rules are not these: rules that are not loaded: 2, such as "
        "used of the group gateway-quotas-day; does its -rule name the files in the folder of "
        "--out, and what does its log say?"
    )
