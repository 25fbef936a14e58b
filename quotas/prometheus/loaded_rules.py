"""The rules that a Prometheus has loaded, and how they differ from compiled rules."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from quotas.prometheus.client import PrometheusClient
from quotas.prometheus.promql_tokens import tokenize
from quotas.rule_files.rule import Group, RuleFile


def loaded_groups(prometheus: PrometheusClient) -> list[dict[str, Any]]:
    """Return the loaded groups of rules, as the HTTP API returns them.

    Raises:
        PrometheusError: Prometheus does not answer with groups of rules.

    """
    path = "/api/v1/rules"
    data = prometheus.ask(path)
    groups = data.get("groups") if isinstance(data, dict) else None
    if not isinstance(groups, list):
        raise prometheus.unexpected_answer(path)
    return groups


def find_differences(prometheus: PrometheusClient, files: Sequence[RuleFile]) -> Iterator[str]:
    """Yield a sentence for each difference between the loaded rules and the rules of these files.

    Other groups are ignored, except those that were generated for quotas that no longer exist.
    """
    loaded = {group["name"]: group for group in loaded_groups(prometheus)}
    wanted = {group.name: group for file in files for group in file.groups}
    for name, group in wanted.items():
        if name not in loaded:
            yield f"the group {name} is not loaded"
            continue
        if loaded[name]["interval"] != group.interval_seconds:
            yield f"the group {name} has another interval"
        has_content = _loaded_content(loaded[name]) == _wanted_content(group)
        if not (has_content and _keeps_firing(loaded[name], group)):
            yield f"the group {name} has other rules"
    for name in loaded.keys() - wanted.keys():
        if name.startswith("gateway-quotas-"):
            yield f"the group {name} is loaded, but no longer wanted"


def _loaded_content(group: Mapping[str, Any]) -> list[Any]:
    return [
        (
            rule["name"],
            tokenize(rule["query"]),
            rule.get("duration", 0),
            rule.get("labels", {}),
            rule.get("annotations", {}),
        )
        for rule in group["rules"]
    ]


def _wanted_content(group: Group) -> list[Any]:
    return [
        (
            rule.name,
            tokenize(rule.query),
            rule.for_seconds,
            dict(rule.labels),
            dict(rule.annotations),
        )
        for rule in group.rules
    ]


def _keeps_firing(loaded: Mapping[str, Any], wanted: Group) -> bool:
    """Return whether alerts keep firing as wanted. Not every ruler says so; those are believed."""
    return all(
        found.get("keepFiringFor", rule.keep_firing_seconds) == rule.keep_firing_seconds
        for found, rule in zip(loaded["rules"], wanted.rules, strict=True)
    )
