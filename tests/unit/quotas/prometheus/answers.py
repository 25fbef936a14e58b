"""Answers of a Prometheus that has loaded groups of rules."""

from collections.abc import Iterable
from typing import Any

from quotas.prometheus.client import PrometheusClient
from quotas.prometheus.endpoint import Endpoint
from quotas.rule_files.rule import Group, Rule

URL = "http://prometheus:9090"
PROMETHEUS = PrometheusClient(Endpoint(URL))
RULES_URL = f"{URL}/api/v1/rules"
RELOAD_URL = f"{URL}/-/reload"


def loaded(groups: Iterable[Group]) -> dict[str, Any]:
    """Return ``data`` of the answer to /api/v1/rules."""
    return {"groups": [_group(group) for group in groups]}


def _group(group: Group) -> dict[str, Any]:
    return {
        "name": group.name,
        "interval": float(group.interval_seconds),
        "rules": [
            {
                "name": rule.name,
                "query": rule.query,
                "health": "ok",
                **({"labels": dict(rule.labels)} if rule.labels else {}),
                **(_only_of_alerts(rule) if rule.alert else {}),
            }
            for rule in group.rules
        ],
    }


def _only_of_alerts(rule: Rule) -> dict[str, Any]:
    return {
        "duration": float(rule.for_seconds),
        "keepFiringFor": float(rule.keep_firing_seconds),
        "annotations": dict(rule.annotations),
    }
