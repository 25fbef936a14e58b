"""The local stack uses the files of production: only addresses, paths and intervals differ."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from local.stack import config

ADDRESSES = {
    "kong:8100": "127.0.0.1:1",
    "localhost:9090": "127.0.0.1:2",
    "alertmanager:9093": "127.0.0.1:3",
    "webhook:8080": "127.0.0.1:4",
}


def differences(before: Any, after: Any, key_path: str = "") -> set[str]:
    """Return the dotted keys at which two trees differ, without the indexes of lists."""
    if isinstance(before, dict) and isinstance(after, dict):
        keys = before.keys() | after.keys()
        return {
            found
            for key in keys
            for found in differences(before.get(key), after.get(key), f"{key_path}.{key}")
        }
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        pairs = zip(before, after, strict=True)
        return {found for one, two in pairs for found in differences(one, two, key_path)}
    return set() if before == after else {key_path}


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def test_prometheus_yml_differs_only_in_addresses_rules_and_intervals() -> None:
    local = config.localise_prometheus(ADDRESSES, Path("/rules"))
    assert differences(read(config.PROMETHEUS_FILE), local) == {
        ".global.scrape_interval",
        ".global.scrape_timeout",
        ".global.evaluation_interval",
        ".rule_files",
        ".alerting.alertmanagers.dns_sd_configs",
        ".alerting.alertmanagers.static_configs",
        ".scrape_configs.dns_sd_configs",
        ".scrape_configs.static_configs",
        ".scrape_configs.static_configs.targets",
    }


def test_alertmanager_yml_differs_only_in_address_token_and_intervals() -> None:
    local = config.localise_alertmanager(ADDRESSES, Path("/token"))
    assert differences(read(config.ALERTMANAGER_FILE), local) == {
        ".route.group_wait",
        ".route.group_interval",
        ".receivers.webhook_configs.url",
        ".receivers.webhook_configs.http_config.authorization.credentials_file",
    }


def test_an_unknown_address_in_the_file_is_an_error() -> None:
    with pytest.raises(KeyError, match="alertmanager:9093"):
        config.localise_prometheus({}, Path("/rules"))
