"""Usual inhibit rules in a real Alertmanager, and the alerts of compiled rules."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from local import programs
from local.stack.ports import free_ports
from quotas import names
from quotas.accounting_options import Accounting
from quotas.model import DEFAULT_SEVERITIES, Quota, QuotaFile
from quotas.prometheus.checks.inhibitions import find_foreign
from quotas.rules.alerts import usage_alerts
from tests.integration.support.polling import poll
from tests.integration.support.webhook_process import process
from tests.integration.webhook.alertmanager import CONFIG, TIMEOUT_SECONDS, fire, is_ready

# The default rules of kube-prometheus-stack.
KUBE_PROMETHEUS_STACK = [
    {
        "source_matchers": ["severity = critical"],
        "target_matchers": ["severity =~ warning|info"],
        "equal": ["namespace", "alertname"],
    },
    {
        "source_matchers": ["severity = warning"],
        "target_matchers": ["severity = info"],
        "equal": ["namespace", "alertname"],
    },
    {
        "source_matchers": ["alertname = InfoInhibitor"],
        "target_matchers": ["severity = info"],
        "equal": ["namespace"],
    },
]
# That of Alertmanager's own example.
EXAMPLE = {
    "source_matchers": ["severity = critical"],
    "target_matchers": ["severity = warning"],
    "equal": ["alertname", "cluster", "service"],
}
NAMESPACE = {"namespace": "monitoring"}
OF_THRESHOLDS = {severity: severity for severity in names.SEVERITIES}


@pytest.fixture
def alertmanager(tmp_path: Path) -> Iterator[str]:
    """Return an Alertmanager with our inhibit rules and usual ones."""
    config = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))
    rules = [*config["inhibit_rules"], *KUBE_PROMETHEUS_STACK, EXAMPLE]
    nobody = {"route": {"receiver": "nobody"}, "receivers": [{"name": "nobody"}]}
    file = tmp_path / "alertmanager.yml"
    file.write_text(yaml.safe_dump({**nobody, "inhibit_rules": rules}))
    (port,) = free_ports(1)
    command = [
        str(programs.find(programs.ALERTMANAGER)),
        f"--config.file={file}",
        f"--storage.path={tmp_path / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
    ]
    url = f"http://127.0.0.1:{port}"
    with process(tmp_path / "log", *command):
        poll(lambda: is_ready(url), "Alertmanager is not ready")
        yield url


def quota_alerts(severities: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the alerts of a quota at 100 % and of one at 80 %, as compiled rules have them."""
    quotas = QuotaFile(Accounting(), (), (Quota("a", 1),), severities=severities)
    labels = {
        rule.labels[names.THRESHOLD]: {"alertname": rule.name, **rule.labels}
        for rule in usage_alerts(quotas, reach_seconds=660)
    }
    reached = [("full", "80"), ("full", "90"), ("full", "100"), ("other", "80")]
    return [
        {"labels": {**labels[at], **NAMESPACE, "quota": name, "period": "202611"}}
        for name, at in reached
    ]


def answer(url: str) -> list[dict[str, Any]]:
    found = requests.get(f"{url}/api/v2/alerts?inhibited=true", timeout=TIMEOUT_SECONDS)
    found.raise_for_status()
    alerts: list[dict[str, Any]] = found.json()
    return alerts


def inhibited(alerts: list[dict[str, Any]]) -> set[tuple[str, str]]:
    """Return the quota and threshold of each alert that is inhibited."""
    return {
        (alert["labels"]["quota"], alert["labels"]["threshold"])
        for alert in alerts
        if alert["status"]["inhibitedBy"]
    }


def test_usual_inhibit_rules_silence_no_threshold_of_another_quota(alertmanager: str) -> None:
    fire(alertmanager, {"labels": {"alertname": "InfoInhibitor", "severity": "none", **NAMESPACE}})
    fire(alertmanager, *quota_alerts(DEFAULT_SEVERITIES))
    expected = {("full", "80"), ("full", "90")}
    poll(lambda: inhibited(answer(alertmanager)) == expected, "our own rules do not inhibit")
    assert list(find_foreign(answer(alertmanager))) == []


def test_what_they_silence_with_other_severities_is_found(alertmanager: str) -> None:
    fire(alertmanager, *quota_alerts(OF_THRESHOLDS))
    silenced = ("other", "80")
    poll(lambda: silenced in inhibited(answer(alertmanager)), "nothing is inhibited")
    (found,) = find_foreign(answer(alertmanager))
    assert "BandwidthQuotaUsage (quota=other, threshold=80, severity=info)" in found
    assert "because BandwidthQuotaUsage (quota=full, threshold=100, severity=critical)" in found
