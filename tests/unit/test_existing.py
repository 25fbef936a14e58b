"""The blocks of docs/existing.md agree with the files that production uses."""

import re
from pathlib import Path
from typing import Any

import yaml

from quotas import names

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "existing.md").read_text(encoding="utf-8")
# The page names receivers so that they are told apart from those of the reader.
PREFIX = "gateway-quotas"


def block_with(key: str) -> dict[str, Any]:
    """Return the YAML block of the page that has a key at its top."""
    blocks = map(
        yaml.safe_load, re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    )
    (found,) = (block for block in blocks if key in block)
    return dict(found)


def production(file: str) -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / file).read_text(encoding="utf-8")))


def test_the_scrape_job_is_that_of_production() -> None:
    (job,) = block_with("scrape_configs")["scrape_configs"]
    config = production("prometheus/prometheus.yml")
    (expected,) = (j for j in config["scrape_configs"] if j["job_name"] == names.GATEWAY_JOB)
    times = {name: config["global"][name] for name in ("scrape_interval", "scrape_timeout")}
    assert job.pop("static_configs")
    expected.pop("static_configs")
    assert job == times | expected


def test_the_plugin_counts_what_production_counts() -> None:
    (plugin,) = block_with("plugins")["plugins"]
    (expected,) = production("kong/kong.yml")["plugins"]
    # What production switches off is off by default.
    wanted = {name: value for name, value in expected["config"].items() if value}
    assert plugin == expected | {"config": wanted}


def test_kong_has_the_room_for_counters_of_production() -> None:
    environment = production("docker-compose.yml")["services"]["kong"]["environment"]
    name = "KONG_NGINX_HTTP_LUA_SHARED_DICT"
    assert f"export {name}='{environment[name]}'\n" in PAGE


def test_alerts_are_grouped_and_repeated_as_in_production() -> None:
    watchdog, quotas = block_with("receivers")["route"]["routes"]
    expected = production("alertmanager/alertmanager.yml")["route"]
    (expected_watchdog,) = expected.pop("routes")
    assert watchdog == expected_watchdog | {"receiver": f"{PREFIX}-watchdog"}
    quotas.pop("matchers")
    assert quotas == expected | {"receiver": PREFIX}


def test_receivers_and_inhibit_rules_are_those_of_production() -> None:
    block, expected = block_with("receivers"), production("alertmanager/alertmanager.yml")
    assert block["inhibit_rules"] == expected["inhibit_rules"]
    assert without_addresses(block) == without_addresses(expected)


def without_addresses(config: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the webhooks of all receivers without the addresses and paths of a machine."""
    webhooks = [webhook for r in config["receivers"] for webhook in r["webhook_configs"]]
    for webhook in webhooks:
        assert webhook.pop("url").endswith("/alerts")
        # In the file of production, both receivers share this.
        webhook["http_config"] = {**webhook["http_config"], "authorization": "a file"}
    return webhooks


def test_the_routes_take_the_watchdog_and_then_every_alert_with_the_label_of_the_page() -> None:
    ((label, value),) = block_with("quotas")["labels"].items()
    watchdog, quotas = (route["matchers"] for route in block_with("receivers")["route"]["routes"])
    assert watchdog == [f"alertname = {names.WATCHDOG_ALERT}"]
    assert quotas == [f"{label} = {value}"]
