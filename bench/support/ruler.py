"""Evaluate compiled rules at chosen times on a real Prometheus, as a ruler does."""

from collections.abc import Iterable, Mapping

from bench.support.prometheus import Server
from bench.support.remote_write import Series, write
from quotas import names
from quotas.rule_files.rule import Rule


def evaluate(server: Server, rules: Iterable[Rule], at: float) -> set[str]:
    """Evaluate rules in order, write their results, and return the quotas whose alerts fire."""
    firing = set()
    for rule in rules:
        found = server.ask_for_series(rule.query, at)[1]
        if rule.name == names.USAGE_ALERT:
            firing |= {labels[names.QUOTA] for labels, _ in found}
        elif found and not rule.alert:
            write(server.url, (_result(rule, labels, at, value) for labels, value in found))
    return firing


def _result(rule: Rule, labels: Mapping[str, str], at: float, value: float) -> Series:
    return {**labels, **rule.labels, "__name__": rule.name}, [(at, value)]
