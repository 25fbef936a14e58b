import pytest
import responses

from quotas.prometheus import reload
from quotas.prometheus.client import PrometheusError
from quotas.prometheus.reload import reload_rules
from quotas.rule_files.rule import Group, Rule, RuleFile
from tests.unit.quotas.prometheus.answers import PROMETHEUS, RELOAD_URL, RULES_URL, URL, loaded

GROUP = Group("gateway-quotas-day", 60, [Rule("used", "1"), Rule("limit", "2")])
FILES = [RuleFile("gateway-quotas-day", [GROUP])]


def test_after_a_reload_the_rules_are_awaited(
    http: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reload, "POLL_SECONDS", 0.01)
    http.post(RELOAD_URL)
    http.get(RULES_URL, json={"data": loaded([])})
    http.get(RULES_URL, json={"data": loaded([GROUP])})
    assert reload_rules(PROMETHEUS, FILES) == f"{URL} has loaded these 2 rules"


def test_rules_that_are_not_loaded_in_time_are_reported_with_a_difference(
    http: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reload, "RELOAD_TIMEOUT_SECONDS", 0)
    http.post(RELOAD_URL)
    http.get(RULES_URL, json={"data": loaded([])})
    with pytest.raises(PrometheusError) as caught:
        reload_rules(PROMETHEUS, FILES)
    assert str(caught.value) == (
        f"{URL} has reloaded, but its rules are not these: the group gateway-quotas-day is not "
        "loaded; does rule_files in its prometheus.yml name the folder of --out?"
    )
