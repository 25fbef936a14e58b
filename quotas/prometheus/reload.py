"""Reloading the rules of a Prometheus, and waiting until it has loaded them."""

import time
from collections.abc import Sequence

from quotas.prometheus.client import PrometheusClient, PrometheusError
from quotas.prometheus.detection import detect_engine, is_thanos_ruler, is_vmalert
from quotas.prometheus.engine import Engine
from quotas.prometheus.loaded_rules import differences_of, loaded_groups
from quotas.rule_files.rule import RuleFile

RELOAD_TIMEOUT_SECONDS = 60
POLL_SECONDS = 0.5

_HINTS = {
    Engine.THANOS: "does its --rule-file name the files in the folder of --out?",
    Engine.VICTORIA_METRICS: "does its -rule name the files in the folder of --out, and what does "
    "its log say?",
}
_HINT = "does rule_files in its prometheus.yml name the folder of --out?"


def reload_rules(
    server: PrometheusClient, files: Sequence[RuleFile], engine: Engine | None = None
) -> str:
    """Reload a ruler, wait until it has loaded these rules, and return a message of success.

    Args:
        server: a Prometheus, a vmalert or a Thanos Ruler.
        files: the rules.
        engine: what it is; by default detected.

    Raises:
        PrometheusError: it has no rules to reload, the reload failed, or other rules were loaded.
            The message says which.

    """
    engine = engine or detect_engine(server)
    refusal = _find_refusal(server, engine)
    if refusal:
        raise PrometheusError(f"{server.url} is {refusal}")
    server.reload()
    deadline = time.monotonic() + RELOAD_TIMEOUT_SECONDS
    is_exact = engine is Engine.PROMETHEUS
    while differences := list(differences_of(loaded_groups(server), files, is_exact=is_exact)):
        if time.monotonic() > deadline:
            raise PrometheusError(
                f"{server.url} has reloaded, but its rules are not these: {differences[0]}; "
                f"{_HINTS.get(engine, _HINT)}"
            )
        time.sleep(POLL_SECONDS)
    count = sum(len(group.rules) for file in files for group in file.groups)
    return f"{server.url} has loaded these {count} rules"


def _find_refusal(server: PrometheusClient, engine: Engine) -> str:
    """Return what a server is that cannot reload rules, and what to do; empty if it can."""
    if engine is Engine.MIMIR:
        return "Mimir or Cortex, which gets rules by its API, not from files: use --push URL"
    if engine is Engine.VICTORIA_METRICS and not is_vmalert(server):
        return "VictoriaMetrics, which has no rules: name its vmalert, such as http://vmalert:8880"
    if engine is Engine.THANOS and not is_thanos_ruler(server):
        return (
            "a Thanos Querier, which has no rules: name the Prometheus, or the Thanos Ruler, that "
            "evaluates them"
        )
    return ""
