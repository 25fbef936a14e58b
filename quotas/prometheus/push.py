"""Pushing rules to a ruler that gets them by its API, as Mimir and Cortex do: all or none."""

from collections.abc import Callable, Sequence
from typing import Any

import yaml

from quotas.prometheus.client import PrometheusClient, PrometheusError
from quotas.prometheus.detection import is_unsupported
from quotas.rule_files.rendering import render_group
from quotas.rule_files.rule import Group, RuleFile

NAMESPACE = "gateway-quotas"
# Mimir, Cortex, and either at an address that ends with /prometheus.
_PATHS = ("/prometheus/config/v1/rules", "/api/v1/rules", "/config/v1/rules")
_NOT_FOUND = 404
# What the API answers, with status 404, if there are no rules yet. Other pages have other words.
_NO_RULES = ("no rule groups found", "rule group namespace does not exist", "does not exist")
_LIMIT = "rules per rule group"


def push_rules(server: PrometheusClient, files: Sequence[RuleFile]) -> str:
    """Replace all groups in our namespace by those of these files; return a message of success.

    Other namespaces stay as they are. If a request fails, the groups that were there are pushed
    again, and those that were not are deleted.

    Raises:
        PrometheusError: the rules were not pushed. The message says why, and whether what was
            there before is there again.

    """
    path, before = _read_groups(server)
    wanted = {group.name: render_group(group) for file in files for group in file.groups}
    gone = sorted(before.keys() - wanted.keys())
    undo: list[Callable[[], None]] = []
    try:
        for name, text in wanted.items():
            undo.append(_undoing(server, path, name, before.get(name)))
            server.send("POST", path, text)
        for name in gone:
            undo.append(_undoing(server, path, name, before[name]))
            server.send("DELETE", f"{path}/{name}")
    except PrometheusError as error:
        raise PrometheusError(f"{error}{_hint(error)}\n{_restore(undo)}") from error
    count = sum(len(group.rules) for group in _groups(files))
    removed = f", and removed {', '.join(gone)}" if gone else ""
    return (
        f"{server.url} has {count} rules in {len(wanted)} groups of the namespace {NAMESPACE}"
        f"{removed}; the ruler loads them within a minute or two"
    )


def _groups(files: Sequence[RuleFile]) -> list[Group]:
    return [group for file in files for group in file.groups]


def _read_groups(server: PrometheusClient) -> tuple[str, dict[str, str]]:
    """Return the path of our namespace, and the YAML of each of its groups by name."""
    for path in _PATHS:
        groups = _read_namespace(server, path)
        if groups is not None:
            return f"{path}/{NAMESPACE}", groups
    raise PrometheusError(
        f"{server.url} has no API for rules, as Mimir and Cortex have: no answer at "
        f"{', '.join(_PATHS)}; other rulers read files, see --reload"
    )


def _read_namespace(server: PrometheusClient, path: str) -> dict[str, str] | None:
    """Return the groups in our namespace; None if there is no API at this path."""
    try:
        text = server.read_text(path)
    except PrometheusError as error:
        if error.status != _NOT_FOUND and not is_unsupported(error):
            raise
        return {} if any(words in str(error) for words in _NO_RULES) else None
    try:
        namespaces: Any = yaml.safe_load(text) or {}
        # Prometheus's own API has the same path in Cortex, but answers {"status": …, "data": …}.
        if "status" in namespaces:
            return None
        groups = namespaces.get(NAMESPACE) or []
        return {group["name"]: yaml.safe_dump(group, sort_keys=False) for group in groups}
    except (yaml.YAMLError, AttributeError, KeyError, TypeError):
        return None


def _undoing(
    server: PrometheusClient, path: str, name: str, before: str | None
) -> Callable[[], None]:
    """Return what makes a group as it was: the YAML that it had, or none."""
    if before is not None:
        return lambda: server.send("POST", path, before)
    return lambda: _delete(server, f"{path}/{name}")


def _delete(server: PrometheusClient, path: str) -> None:
    try:
        server.send("DELETE", path)
    except PrometheusError as error:
        # It was never made.
        if error.status != _NOT_FOUND:
            raise


def _restore(undo: Sequence[Callable[[], None]]) -> str:
    """Undo changes, the newest first, and return a sentence about the result."""
    failures = []
    for step in reversed(undo):
        try:
            step()
        except PrometheusError as error:
            failures.append(str(error))
    if failures:
        return (
            f"What was there before could not be restored ({failures[0]}): some groups are new, "
            f"some are not. Run --push again"
        )
    return "What was there before is restored, and no group is changed"


def _hint(error: PrometheusError) -> str:
    return "; see --group-size" if _LIMIT in str(error) else ""
