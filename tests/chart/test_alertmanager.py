"""The AlertmanagerConfig says what alertmanager/alertmanager.yml says."""

from typing import Any

import yaml

from quotas import names
from tests.chart.rendering import NAMESPACE, POSTGRESQL, ROOT, SQLITE, Chart, find

FILE = yaml.safe_load((ROOT / "alertmanager" / "alertmanager.yml").read_text(encoding="utf-8"))
INTERVALS = {
    "receiver": "receiver",
    "group_by": "groupBy",
    "group_wait": "groupWait",
    "group_interval": "groupInterval",
    "repeat_interval": "repeatInterval",
}


def spec_of(chart: Chart, values: Any = SQLITE) -> dict[str, Any]:
    found: dict[str, Any] = find(chart.render(values), "AlertmanagerConfig")["spec"]
    return found


def matchers(found: list[dict[str, str]]) -> list[str]:
    """Return matchers of an object as alertmanager.yml has them, without blanks and quotes."""
    return [f"{each['name']}{each['matchType']}{each['value']}" for each in found]


def plain(found: list[str]) -> list[str]:
    return [each.replace(" ", "").replace('"', "") for each in found]


def test_alerts_are_grouped_and_repeated_as_in_the_file(chart: Chart) -> None:
    route, expected = spec_of(chart)["route"], FILE["route"]
    (watchdog,), (expected_watchdog,) = route["routes"], expected["routes"]
    for name, camel in INTERVALS.items():
        assert route[camel] == expected[name]
        assert watchdog[camel] == expected_watchdog[name]
    assert matchers(watchdog["matchers"]) == plain(expected_watchdog["matchers"])


def test_only_alerts_of_this_project_are_routed(chart: Chart) -> None:
    (matcher,) = spec_of(chart)["route"]["matchers"]
    assert (matcher["name"], matcher["matchType"]) == ("alertname", "=~")
    ours = sorted(value for name, value in vars(names).items() if name.endswith("_ALERT"))
    assert matcher["value"].split("|") == ours


def test_thresholds_inhibit_lower_ones_as_in_the_file(chart: Chart) -> None:
    found = [
        (matchers(rule["sourceMatch"]), matchers(rule["targetMatch"]), rule["equal"])
        for rule in spec_of(chart)["inhibitRules"]
    ]
    assert found == [
        (plain(rule["source_matchers"]), plain(rule["target_matchers"]), rule["equal"])
        for rule in FILE["inhibit_rules"]
    ]


def test_both_receivers_post_to_the_webhook_with_its_token(chart: Chart) -> None:
    receivers = spec_of(chart, POSTGRESQL)["receivers"]
    assert [receiver["name"] for receiver in receivers] == [r["name"] for r in FILE["receivers"]]
    for receiver, expected in zip(receivers, FILE["receivers"], strict=True):
        (config,), (expected_config,) = receiver["webhookConfigs"], expected["webhook_configs"]
        service = f"gateway-quotas-webhook.{NAMESPACE}.svc"
        assert config["url"] == f"http://{service}:8080/alerts"
        assert config["sendResolved"] == expected_config["send_resolved"]
        assert config.get("maxAlerts") == expected_config.get("max_alerts")
        assert config["httpConfig"] == {
            "authorization": {"credentials": {"name": "my-secret", "key": "webhook-token"}},
            "followRedirects": False,
        }
