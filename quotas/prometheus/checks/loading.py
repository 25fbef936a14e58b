"""Whether the rules are loaded and evaluate, and where they get exact numbers."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from quotas import names
from quotas.prometheus.checks.finding import Finding, not_checked
from quotas.prometheus.client import PrometheusClient, PrometheusError
from quotas.prometheus.detection import flags_of, is_thanos_ruler
from quotas.prometheus.engine import Engine
from quotas.prometheus.loaded_rules import differences_of, loaded_groups
from quotas.rule_files.rule import RuleFile

_CURES = {Engine.MIMIR: "push them: --push URL"}
_CURE = "write the rules and reload: --reload URL"


def check_rules(
    server: PrometheusClient, engine: Engine, rules: Sequence[RuleFile]
) -> Iterator[Finding]:
    """Yield whether the server has loaded these rules, and whether they evaluate."""
    groups = loaded_groups(server)
    if not groups and engine is Engine.VICTORIA_METRICS:
        # Queries and rules are different programs.
        yield not_checked("the rules", engine, "set --rules-url to vmalert, which has them")
        return
    differences = list(differences_of(groups, rules, is_exact=engine is Engine.PROMETHEUS))
    for difference in differences:
        yield Finding(good=False, text=f"{difference}; {_CURES.get(engine, _CURE)}")
    if not differences:
        yield Finding(good=True, text="the loaded rules are these")
    ours = {group.name for file in rules for group in file.groups}
    failing = [
        (rule["name"], rule.get("lastError") or rule["health"])
        for group in groups
        if group["name"] in ours
        for rule in group["rules"]
        if rule.get("health") == "err"
    ]
    for name, error in failing:
        yield Finding(good=False, text=f"{name} does not evaluate: {error}")
    if not failing and not differences:
        yield Finding(good=True, text="they evaluate without an error")


def check_thanos_ruler(querier: PrometheusClient, ruler: PrometheusClient) -> Iterator[Finding]:
    """Yield whether a Thanos Ruler evaluates the rules where it can read wrong numbers.

    A Querier that deduplicates with ``penalty`` takes one replica for one range, and another for
    the next. The differences that the rules take are then between two replicas.
    """
    if not (is_thanos_ruler(ruler) or _is_recorded_by_ruler(querier)):
        return
    flags = flags_of(querier)
    replica_label = flags.get("query.replica-label")
    if not flags or is_thanos_ruler(querier):
        instead = "the Querier that the Ruler asks must run with --deduplication.func=chain"
        yield not_checked("how replicas are deduplicated", Engine.THANOS, instead)
    elif replica_label and flags.get("deduplication.func", "penalty") == "penalty":
        yield Finding(
            good=False,
            text="a Thanos Ruler evaluates the rules, and the Querier chooses between replicas "
            f'(--query.replica-label={replica_label}) by "penalty": up to 20 % of the bytes are '
            "not counted. Evaluate the rules in each Prometheus, with a Querier on top, or start "
            "the Querier with --deduplication.func=chain",
        )
    else:
        text = "a Thanos Ruler evaluates the rules, and no byte is lost between replicas"
        yield Finding(good=True, text=text)


def _is_recorded_by_ruler(querier: PrometheusClient) -> bool:
    """Return whether what the rules record has the labels of a Ruler that the Querier knows."""
    try:
        stores = querier.ask("/api/v1/stores")
    except PrometheusError:
        return False
    of_rulers: list[Mapping[str, Any]] = [
        labels for store in stores.get("rule") or () for labels in store["labelSets"]
    ]
    if not of_rulers:
        return False
    recorded = querier.query(names.STEP_END, dedup="false")
    return any(own.items() <= labels.items() for own in of_rulers if own for labels, _ in recorded)
