"""The local stack runs production's files: only addresses, paths and times differ."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from local import config

ADDRESSES = {
    "kong:8100": "127.0.0.1:1",
    "localhost:9090": "127.0.0.1:2",
    "alertmanager:9093": "127.0.0.1:3",
    "webhook:8080": "127.0.0.1:4",
}


def differences(before: Any, after: Any, place: str = "") -> set[str]:
    """Return the places at which two trees differ; the index of a list is no place."""
    if isinstance(before, dict) and isinstance(after, dict):
        keys = before.keys() | after.keys()
        return {
            found
            for key in keys
            for found in differences(before.get(key), after.get(key), f"{place}.{key}")
        }
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        pairs = zip(before, after, strict=True)
        return {found for one, two in pairs for found in differences(one, two, place)}
    return set() if before == after else {place}


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def test_prometheus_differs_in_addresses_rules_and_times_only() -> None:
    local = config.localise_prometheus(ADDRESSES, Path("/rules"))
    assert differences(read(config.PROMETHEUS_FILE), local) == {
        ".global.scrape_interval",
        ".global.scrape_timeout",
        ".global.evaluation_interval",
        ".rule_files",
        ".alerting.alertmanagers.dns_sd_configs",
        ".alerting.alertmanagers.static_configs",
        ".scrape_configs.static_configs.targets",
    }


def test_alertmanager_differs_in_address_token_and_times_only() -> None:
    local = config.localise_alertmanager(ADDRESSES, Path("/token"))
    assert differences(read(config.ALERTMANAGER_FILE), local) == {
        ".route.group_wait",
        ".route.group_interval",
        ".receivers.webhook_configs.url",
        ".receivers.webhook_configs.http_config.authorization.credentials_file",
    }


def test_an_address_that_the_stack_does_not_know_is_an_error() -> None:
    with pytest.raises(KeyError, match="alertmanager:9093"):
        config.localise_prometheus({}, Path("/rules"))
