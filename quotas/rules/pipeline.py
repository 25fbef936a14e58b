"""The alerts about the pipeline itself: failures that would make quotas wrong without notice."""

from collections.abc import Sequence
from string import Template

from quotas import names
from quotas.accounting_options import Accounting
from quotas.model import Quota
from quotas.promql import match_any, selector
from quotas.rule_files.rule import Group, Rule
from quotas.rules.doubts.all import doubts_of
from quotas.rules.doubts.doubt import Doubt, as_annotation
from quotas.rules.doubts.evaluations import missed_steps
from quotas.rules.doubts.targets import colliding_targets
from quotas.units import format_duration

METRICS_MISSING_FOR_SECONDS = 900
_GATEWAY_UP = f"up{selector([match_any('job', [names.GATEWAY_JOB])])}"
# It costs about as much as one rule of the accounting.
_SLOW = {names.SAMPLES_DROPPED_ALERT}
_SLOW_SECONDS = 300
# So that a state that comes and goes is one alert, which fires all the time.
LEAST_FOR_SECONDS = 300
KEEP_FIRING_SECONDS = 900
# Prometheus names a group by the path of its file, too. People are shown the name alone.
_GROUP_NAME = '"group", "$1", "rule_group", ".*;(.*)"'
_RULES_FAILING = Template("""\
sum by (group) (label_replace(
  increase(prometheus_rule_evaluation_failures_total$ours[15m]), $name
)) > 0
or (
sum by (group) (label_replace(
  increase(prometheus_rule_group_iterations_missed_total$ours[15m]), $name
)) > 0
or
max by (group) (label_replace(
  avg_over_time(prometheus_rule_group_last_duration_seconds$ours[15m]), $name
))
> max by (group) (label_replace(
  prometheus_rule_group_interval_seconds$ours, $name
)) / 2
)""").substitute(ours='{rule_group=~".*;gateway-.*"}', name=_GROUP_NAME)


def pipeline_alerts(accounting: Accounting, quotas: Sequence[Quota]) -> list[Rule]:
    """Return the alerts about missing metrics, failed scrapes, failed rules, and the watchdog.

    Between them are those about doubts: states in which the numbers may be wrong.
    """
    doubts = [*doubts_of(accounting, quotas), colliding_targets()]
    missing_for = METRICS_MISSING_FOR_SECONDS
    scrape_for = accounting.gap_tolerance_seconds // 3
    gap = format_duration(accounting.gap_tolerance_seconds)
    return [
        Rule(
            names.METRICS_MISSING_ALERT,
            f"count({_GATEWAY_UP} == 1) > 0\n"
            f"unless\ncount(last_over_time({names.GATEWAY_BYTES}[{format_duration(missing_for)}]))",
            alert=True,
            for_seconds=missing_for,
            keep_firing_seconds=KEEP_FIRING_SECONDS,
            labels={names.SEVERITY: "critical"},
            annotations={
                names.SUMMARY: f"Gateways are up, but none exposes {names.GATEWAY_BYTES}",
                names.DESCRIPTION: (
                    "No bytes are counted, so no quota can be trusted. Most likely the gateway's "
                    "prometheus plugin runs without bandwidth_metrics; a gateway that never had "
                    "a request looks the same."
                ),
            },
        ),
        Rule(
            names.SCRAPE_FAILING_ALERT,
            f"{_GATEWAY_UP} == 0\nor\nabsent({_GATEWAY_UP})",
            alert=True,
            for_seconds=scrape_for,
            keep_firing_seconds=KEEP_FIRING_SECONDS,
            labels={names.SEVERITY: "critical"},
            annotations={
                names.SUMMARY: (
                    "{{ with $labels.instance }}Gateway {{ . }} cannot be scraped"
                    "{{ else }}There is no gateway to scrape{{ end }}"
                ),
                names.DESCRIPTION: (
                    f"Since {format_duration(scrape_for)} Prometheus gets no numbers. What a "
                    f"gateway moves is caught up if it answers again within {gap} and was not "
                    f"restarted meanwhile; later, those bytes are lost to the quotas."
                ),
            },
        ),
        Rule(
            names.RULES_FAILING_ALERT,
            _RULES_FAILING,
            alert=True,
            for_seconds=LEAST_FOR_SECONDS,
            keep_firing_seconds=KEEP_FIRING_SECONDS,
            labels={names.SEVERITY: "critical"},
            annotations={
                names.SUMMARY: "Quota rules fail or are too slow: {{ $labels.group }}",
                names.DESCRIPTION: (
                    "In the last 15 minutes evaluations failed or were missed, or they take more "
                    f"than half of their interval. {missed_steps(accounting)} The page /rules of "
                    "Prometheus shows which and why."
                ),
            },
        ),
        *map(_doubt_alert, doubts),
        Rule(
            names.WATCHDOG_ALERT,
            "vector(1)",
            alert=True,
            labels={names.SEVERITY: "none"},
            annotations={
                names.SUMMARY: "The quota pipeline is alive",
                names.DESCRIPTION: "Always fires; when it stops arriving, no alert arrives.",
            },
        ),
    ]


def pipeline_groups(alerts: Sequence[Rule], step_seconds: int) -> list[Group]:
    """Return the pipeline alerts in groups: those that read every series are evaluated less often.

    Args:
        alerts: the alerts that ``pipeline_alerts`` returns.
        step_seconds: the interval of the others.

    """
    return [
        Group("gateway-pipeline", step_seconds, [a for a in alerts if a.name not in _SLOW]),
        Group("gateway-samples", _SLOW_SECONDS, [a for a in alerts if a.name in _SLOW]),
    ]


def _doubt_alert(doubt: Doubt) -> Rule:
    return Rule(
        doubt.alert,
        doubt.query,
        alert=True,
        for_seconds=max(doubt.for_seconds, LEAST_FOR_SECONDS),
        keep_firing_seconds=KEEP_FIRING_SECONDS,
        labels={names.SEVERITY: doubt.severity},
        annotations={
            names.SUMMARY: as_annotation(doubt.summary),
            names.DESCRIPTION: as_annotation(doubt.description),
        },
    )
