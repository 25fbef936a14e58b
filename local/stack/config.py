"""The configuration files of production, adapted to this machine.

Only addresses, paths and intervals are replaced; everything else is read from the files of
production, so that there is no second copy to maintain.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
PROMETHEUS_FILE = ROOT / "prometheus" / "prometheus.yml"
ALERTMANAGER_FILE = ROOT / "alertmanager" / "alertmanager.yml"

# Short intervals: the mail arrives a few seconds after a threshold is reached.
PROMETHEUS_TIMES = {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "2s"}
ALERTMANAGER_TIMES = {"group_wait": "1s", "group_interval": "2s"}


def localise_prometheus(addresses: Mapping[str, str], rules: Path) -> dict[str, Any]:
    """Return prometheus.yml with local addresses, other rule files and short intervals.

    Args:
        addresses: from each ``host:port`` in the file to the ``host:port`` on this machine.
        rules: the folder that holds the rule files.

    Raises:
        KeyError: ``addresses`` lacks an address that the file has.

    """
    config = _read(PROMETHEUS_FILE)
    config["global"] |= PROMETHEUS_TIMES
    config["rule_files"] = [str(rules / "*.yml")]
    for section in (*config["alerting"]["alertmanagers"], *config["scrape_configs"]):
        # In production DNS gives the addresses of all processes; here there is one.
        found = section.pop("dns_sd_configs", [])
        targets = [f"{name}:{dns['port']}" for dns in found for name in dns["names"]]
        section.setdefault("static_configs", [{"targets": targets}])
        for static in section["static_configs"]:
            static["targets"] = [addresses[target] for target in static["targets"]]
    return config


def localise_alertmanager(addresses: Mapping[str, str], token_file: Path) -> dict[str, Any]:
    """Return alertmanager.yml with local addresses, another token file and short intervals.

    Raises:
        KeyError: ``addresses`` lacks an address that the file has.

    """
    config = _read(ALERTMANAGER_FILE)
    config["route"] |= ALERTMANAGER_TIMES
    for receiver in config["receivers"]:
        for webhook in receiver["webhook_configs"]:
            scheme, _, rest = webhook["url"].partition("://")
            address, _, path = rest.partition("/")
            webhook["url"] = f"{scheme}://{addresses[address]}/{path}"
            webhook["http_config"]["authorization"]["credentials_file"] = str(token_file)
    return config


def write_yaml(path: Path, content: Mapping[str, Any]) -> None:
    """Write a mapping as a YAML file."""
    path.write_text(yaml.safe_dump(dict(content), sort_keys=False), encoding="utf-8")


def _read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return content
