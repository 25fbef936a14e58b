"""The rules that record each step: its bytes, and what later steps must know about each gateway."""

from quotas import names
from quotas.accounting_options import Accounting
from quotas.promql import either
from quotas.rule_files.rule import Rule
from quotas.rules.accounting import evidence, memory
from quotas.rules.accounting.steps import explain, missing_query, step_query
from quotas.units import format_duration

_MILLISECOND = 0.001
_NODE = "(job, instance, node_id)"
# How long a gateway that is gone is remembered, so that it is not taken for a new one.
_REMEMBERED_SECONDS = 31 * 86_400


def delta_rules(accounting: Accounting) -> list[Rule]:
    """Return the rules for the bytes of the newest complete step, and for its end."""
    gap = format_duration(accounting.gap_tolerance_seconds)
    end, half = _step_end(accounting), accounting.resolution_seconds / 2
    counted = f'{{__name__=~"{names.STEP_END}|{names.EARLIER_STEP_END}"}}'
    # Evaluations can be less than a step apart: after rules were moved, Prometheus was updated, or
    # the step or the delay was changed. Then a step that was already counted must not count again.
    delta = (
        f"{_newest(step_query(accounting), accounting)}\nunless on ()\n"
        f"(last_over_time({counted}[{gap}]) > {end} - {half:g})"
    )
    return [
        Rule(names.DELTA, delta, comment=explain(accounting)),
        # After the delta, which reads the value of the evaluation before.
        Rule(names.STEP_END, f"vector({end})"),
    ]


def backfilled_query(accounting: Accounting, period_label: str) -> str:
    """Return PromQL for the newest complete step, labelled with the period in which it began.

    A backfill evaluates it over the past, once for each calendar.

    Args:
        accounting: how bytes are counted.
        period_label: PromQL for a vector with one element of value 1 that has the label. It is
            evaluated at the end of the step.

    """
    return _newest(
        f"{step_query(accounting)}\n* on () group_left ({names.PERIOD})\n{period_label}", accounting
    )


def _step_end(accounting: Accounting) -> str:
    delayed = f"(time() - {_delay_seconds(accounting)})"
    return f"({delayed} - {delayed} % {accounting.resolution_seconds})"


def _delay_seconds(accounting: Accounting) -> float:
    # In Prometheus 2 a range includes both of its ends. An evaluation exactly one step after the
    # end of a step would see two steps, and count a gateway that is gone a second time. With the
    # extra millisecond, evaluations at whole seconds never hit the end of a step.
    return accounting.scrape_delay_seconds + _MILLISECOND


def evidence_rules(accounting: Accounting) -> list[Rule]:
    """Return the rules that remember what later steps must know about each gateway."""
    step = accounting.resolution_seconds
    gap = format_duration(accounting.gap_tolerance_seconds)
    restarted = _newest(evidence.restarted(accounting, step), accounting)
    any_restarted = _newest(memory.restarted_until_now(accounting, step), accounting)
    shown = _newest(memory.shown_counters(accounting, step), accounting)
    of_nodes = _newest(memory.counters_of_nodes(accounting, step), accounting)
    broken = _newest(memory.broken(accounting, step), accounting)
    unclear = _newest(memory.unclear(accounting, step), accounting)
    # The previous evaluation, and not the one before: if one is missing, so is its evidence.
    previous = format_duration(1.5 * step)
    oldest = f"time() - {_REMEMBERED_SECONDS}"
    # Gateways that are gone are forgotten some day.
    remembered = f"and on {evidence.GATEWAY}\nlast_over_time({names.SEEN}[{gap}])"
    answering = evidence.known(accounting, step)
    most = either(
        f'label_replace(\n{of_nodes},\n"at", "now", "", "")',
        f"last_over_time({names.MOST_COUNTERS}[{gap}])\n"
        f"unless on {evidence.GATEWAY}\n{any_restarted}",
        f"0 * last_over_time({names.MOST_COUNTERS}[{gap}])",
    )
    return [
        Rule(
            names.SEEN,
            either(
                f"0 * max by {_NODE} ({names.GATEWAY_NODES}) + time()",
                f"0 * ({answering}) + time()",
                f"last_over_time({names.SEEN}[{gap}]) > {oldest}",
            ),
            comment="When a gateway, and a node, last answered.",
        ),
        Rule(
            names.COUNTERS,
            f"{shown}\nor\n"
            f"max by {evidence.GATEWAY} (last_over_time({names.COUNTERS}[{gap}]))\n{remembered}",
            comment="How many counters a gateway showed when it answered last.",
        ),
        Rule(
            names.MOST_COUNTERS,
            f"max by {_NODE} (\n{most}\n)\n{remembered}",
            comment="The most counters that a gateway's node showed since it restarted.",
        ),
        Rule(
            names.MISSING_COUNTERS,
            _newest(missing_query(accounting), accounting),
            comment="How many counters that a gateway had are missing in the step.",
        ),
        Rule(
            names.RESTARTED,
            f"0 * {any_restarted} + time()\nor\n"
            f"max by {evidence.GATEWAY} (last_over_time({names.RESTARTED}[{gap}])) > {oldest}",
            comment="When a gateway restarted last.",
        ),
        Rule(
            names.INTACT,
            f"0 * {restarted} + time()\nor\n"
            f"max by {evidence.GATEWAY} (last_over_time({names.INTACT}[{previous}]))\n"
            f"unless on {evidence.GATEWAY}\n{broken}",
            comment="When a gateway restarted, if it has answered and lost no counter since.",
        ),
        Rule(
            names.UNCLEAR,
            unclear,
            comment="The last values of counters that are gone, though their gateway is not.",
        ),
    ]


def _newest(query: str, accounting: Accounting) -> str:
    """Return PromQL for the value of a query at the end of the newest complete step."""
    step = format_duration(accounting.resolution_seconds)
    delay = format_duration(_delay_seconds(accounting))
    return f"last_over_time((\n{query}\n)[{step}:{step}] offset {delay})"
