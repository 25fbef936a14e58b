"""Every ruler has loaded all rules and evaluates them without an error."""

from typing import Any

import requests
import yaml

from tests.engines.system import TIMEOUT_SECONDS, System


def test_every_ruler_has_loaded_all_rules(system: System) -> None:
    files = system.site.rules.glob("*.yml")
    groups = [group for file in files for group in yaml.safe_load(file.read_text())["groups"]]
    wanted = {
        group["name"]: sorted(rule.get("record") or rule["alert"] for rule in group["rules"])
        for group in groups
    }
    assert any(name.startswith("gateway-quotas") for name in wanted)
    for url in system.engine.ruler_urls:
        loaded = {
            group["name"]: sorted(rule["name"] for rule in group["rules"]) for group in _groups(url)
        }
        assert loaded == wanted


def test_every_rule_evaluates_without_an_error(system: System) -> None:
    for url in system.engine.ruler_urls:
        errors = [
            (rule["name"], rule.get("lastError"), rule["health"])
            for group in _groups(url)
            for rule in group["rules"]
            if rule.get("lastError") or rule["health"] not in ("ok", "unknown")
        ]
        assert errors == []


def _groups(url: str) -> list[dict[str, Any]]:
    answer = requests.get(f"{url}/api/v1/rules", timeout=TIMEOUT_SECONDS)
    answer.raise_for_status()
    groups: list[dict[str, Any]] = answer.json()["data"]["groups"]
    return groups
