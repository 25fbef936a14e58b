"""The rules that a ruler has loaded, and how they differ from compiled rules."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from quotas.prometheus.client import PrometheusClient
from quotas.prometheus.promql_tokens import tokenize
from quotas.rule_files.rule import Group, Rule, RuleFile

Labels = Mapping[str, str]

# What the names of groups begin with that exist only for some quotas.
_GENERATED = "gateway-quotas-"
# What the names of groups end with that were too large for one.
_PART = re.compile(r"-part-[0-9]+$")


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


def differences_of(
    loaded: Iterable[Mapping[str, Any]], files: Sequence[RuleFile], *, is_exact: bool
) -> Iterator[str]:
    """Yield a sentence for each difference between loaded groups and the rules of these files.

    Other groups are ignored, except those that were generated for quotas that no longer exist.

    Args:
        loaded: groups of rules, as the HTTP API returns them.
        files: the rules wanted.
        is_exact: whether the server shows rules as they are, as Prometheus does. Other rulers may
            sort them, add labels to all rules of a group, and show the groups of several replicas.
            Their groups may also be split otherwise. So their rules are compared as a set.

    """
    wanted = [group for file in files for group in file.groups]
    if is_exact:
        return _compare_groups({group["name"]: group for group in loaded}, wanted)
    return _compare_rules(loaded, wanted)


def _compare_groups(
    loaded: Mapping[str, Mapping[str, Any]], groups: Iterable[Group]
) -> Iterator[str]:
    wanted = {group.name: group for group in groups}
    for name, group in wanted.items():
        if name not in loaded:
            yield f"the group {name} is not loaded"
            continue
        if loaded[name]["interval"] != group.interval_seconds:
            yield f"the group {name} has another interval"
        if not _are_same(loaded[name], group):
            yield f"the group {name} has other rules"
    for name in loaded.keys() - wanted.keys():
        if name.startswith(_GENERATED):
            yield f"the group {name} is loaded, but no longer wanted"


def _are_same(loaded: Mapping[str, Any], wanted: Group) -> bool:
    """Return whether a group has these rules, in this order."""
    rules = loaded["rules"]
    return [_loaded_content(rule) for rule in rules] == [
        _wanted_content(rule) for rule in wanted.rules
    ] and all(_keeps_firing(found, rule) for found, rule in zip(rules, wanted.rules, strict=True))


def _compare_rules(loaded: Iterable[Mapping[str, Any]], groups: Sequence[Group]) -> Iterator[str]:
    own_labels = {name for group in groups for rule in group.rules for name in rule.labels}
    bases = {_base(group.name) for group in groups}
    wanted = {
        (_wanted_content(rule), float(group.interval_seconds)): (rule, group.name)
        for group in groups
        for rule in group.rules
    }
    missing, surplus = dict(wanted), []
    for group in loaded:
        name = group["name"]
        if _base(name) not in bases and not name.startswith(_GENERATED):
            continue
        added = _labels_of_ruler(group["rules"], own_labels)
        for rule in group["rules"]:
            content = _loaded_content(rule, added), float(group["interval"])
            if content in wanted and _keeps_firing(rule, wanted[content][0]):
                missing.pop(content, None)
            else:
                surplus.append((rule["name"], name))
    if missing:
        rule, name = next(iter(missing.values()))
        yield f"rules that are not loaded: {len(missing)}, such as {rule.name} of the group {name}"
    if surplus:
        rule_name, name = surplus[0]
        yield f"rules that are no longer wanted: {len(surplus)}, such as {rule_name} of {name}"


def _base(name: str) -> str:
    """Return the name of a group without the number of its part."""
    return _PART.sub("", name)


def _labels_of_ruler(rules: Sequence[Mapping[str, Any]], own: Collection[str]) -> Labels:
    """Return the labels that all of these loaded rules have, and none of ours does."""
    shared = [set((rule.get("labels") or {}).items()) for rule in rules]
    common = set.intersection(*shared) if shared else set()
    return {name: value for name, value in common if name not in own}


def _loaded_content(rule: Mapping[str, Any], added: Labels | None = None) -> tuple[Any, ...]:
    return (
        rule["name"],
        tokenize(rule["query"]),
        float(rule.get("duration") or 0),
        _frozen(rule.get("labels")) - _frozen(added),
        _frozen(rule.get("annotations")),
    )


def _wanted_content(rule: Rule) -> tuple[Any, ...]:
    return (
        rule.name,
        tokenize(rule.query),
        float(rule.for_seconds),
        _frozen(rule.labels),
        _frozen(rule.annotations),
    )


def _frozen(labels: Labels | None) -> frozenset[tuple[str, str]]:
    """Return labels that can be compared, also if there are none."""
    return frozenset((labels or {}).items())


def _keeps_firing(loaded: Mapping[str, Any], wanted: Rule) -> bool:
    """Return whether an alert keeps firing as wanted. Not every ruler says so; those are believed.

    vmalert has its own name for it.
    """
    seconds = wanted.keep_firing_seconds
    shown = [loaded[key] for key in ("keepFiringFor", "keep_firing_for") if key in loaded]
    return all(float(one) == seconds for one in shown)
