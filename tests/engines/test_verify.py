"""``generate_rules.py --verify`` finds nothing wrong, but for the old Kong."""

import re

import pytest
import requests

import generate_rules
from quotas import names
from tests.engines.system import TIMEOUT_SECONDS, System

# The second gateway is a Kong 2, which does not expose the bytes of consumers.
OLD_KONG = re.compile(r"wrong Gateway \S+ does not count by consumer\. It is Kong 2, .*")


def test_verify_finds_only_that_one_gateway_is_too_old(
    system: System, capsys: pytest.CaptureFixture[str]
) -> None:
    # It fires from the first evaluation of its group, which is evaluated each minute.
    system.observer.wait_for("the watchdog", lambda: _has_watchdog(system), 90)
    arguments = ["--quotas", str(system.site.quotas), *system.engine.rule_options]
    generate_rules.main([*arguments, *system.engine.verify])
    printed = capsys.readouterr().out
    wrong = [line for line in printed.splitlines() if line.startswith("wrong ")]
    assert len(wrong) == 1, printed
    assert OLD_KONG.fullmatch(wrong[0]), printed
    assert "ok    the loaded rules are these" in printed


def _has_watchdog(system: System) -> bool | None:
    url = f"http://{system.site.alertmanager}/api/v2/alerts"
    alerts = requests.get(url, timeout=TIMEOUT_SECONDS).json()
    return any(alert["labels"]["alertname"] == names.WATCHDOG_ALERT for alert in alerts) or None
