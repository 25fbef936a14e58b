"""What is written once for all quotas: ratio, forecast and alerts, and the pipeline's own."""

from collections.abc import Iterable, Sequence

from quotas import names
from quotas.calendars import Calendar, period_label_query
from quotas.durations import format_duration
from quotas.model import Accounting, QuotaFile, Threshold
from quotas.promql import any_of, quote
from quotas.rulefile import Rule

# Rules read each other over a few steps rather than at an instant, since a ruler that lags
# behind its store (Thanos, Mimir, vmalert) would find nothing there at times. What an alert tells
# reads twice as far: the ratio that it is about was made of values so old.
STEPS_READ_BACK = 3

# How long a forecast must hold before it is worth a mail, by calendar.
_FORECAST_FOR_SECONDS = {"hour": 60, "day": 300, "month": 3_600}

_FORECAST_EXPLANATION = """\
Used so far + recent rate x time left. The recent rate is that of the last quarter of the period;
before a quarter has passed, that of the period so far."""

_GATEWAY_UP = f"up{{job={quote(names.GATEWAY_JOB)}}}"
METRICS_MISSING_FOR_SECONDS = 900


def quota_rules(quotas: QuotaFile, in_use: Sequence[Calendar]) -> list[Rule]:
    """Return the rules for ratio and forecast and the alerts on them, for all quotas at once."""
    seconds = STEPS_READ_BACK * quotas.accounting.resolution_seconds
    back, far_back = format_duration(seconds), format_duration(2 * seconds)
    return [
        Rule(
            names.RATIO,
            f"last_over_time({names.USED}[{back}])\n/ on ({names.QUOTA}) group_left ()\n"
            f"last_over_time({names.LIMIT}[{back}])",
        ),
        Rule(
            names.FORECAST,
            "\nor\n".join(_forecast(calendar, quotas.accounting, back) for calendar in in_use),
            comment=_FORECAST_EXPLANATION,
        ),
        *_usage_alerts(quotas, back, far_back),
        *_forecast_alerts(quotas, in_use, back, far_back),
    ]


def pipeline_rules(accounting: Accounting) -> list[Rule]:
    """Return the alerts about what would make quotas silently wrong."""
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
            labels={names.SEVERITY: "critical"},
            annotations={
                names.SUMMARY: (
                    "{{ with $labels.instance }}Gateway {{ . }} cannot be scraped"
                    "{{ else }}There is no gateway to scrape{{ end }}"
                ),
                names.DESCRIPTION: (
                    f"Since {format_duration(scrape_for)} Prometheus gets no numbers from it. What "
                    f"it moves is caught up if it answers again within {gap} and was not "
                    f"restarted meanwhile; later, those bytes are lost to the quotas."
                ),
            },
        ),
        Rule(
            names.RULES_FAILING_ALERT,
            "sum by (rule_group) (increase(prometheus_rule_evaluation_failures_total"
            '{rule_group=~".*;gateway-.*"}[15m])) > 0\nor\n'
            "sum by (rule_group) (increase(prometheus_rule_group_iterations_missed_total"
            '{rule_group=~".*;gateway-.*"}[15m])) > 0',
            alert=True,
            labels={names.SEVERITY: "critical"},
            annotations={
                names.SUMMARY: "Quota rules fail or are too slow: {{ $labels.rule_group }}",
                names.DESCRIPTION: (
                    "Evaluations failed or were left out in the last 15 minutes; each loses the "
                    "bytes of its own step. The page /rules of Prometheus shows the error."
                ),
            },
        ),
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


def _forecast(calendar: Calendar, accounting: Accounting, back: str) -> str:
    quarter = calendar.longest_period_seconds // 4
    mine = f"{names.USED}{{{names.PERIOD}=~{quote(calendar.id_pattern)}}}"
    used = f"last_over_time({mine}[{back}])"
    elapsed, length = calendar.elapsed_seconds, calendar.length_seconds
    return (
        f"{used}\n+\n(\n"
        f"    ({used} - {mine} offset {format_duration(quarter)}) / {quarter}\n"
        f"  or\n"
        f"    {used} / scalar(clamp_min(vector({elapsed}), {accounting.resolution_seconds}))\n"
        f")\n* ({length} - {elapsed})\n"
        f"and on ({names.PERIOD}) {period_label_query(calendar)}"
    )


def _usage_alerts(quotas: QuotaFile, back: str, far_back: str) -> list[Rule]:
    thresholds = {threshold for quota in quotas.quotas for threshold in quota.thresholds}
    return [
        _usage_alert(quotas, threshold, back, far_back)
        for threshold in sorted(thresholds, key=lambda threshold: threshold.percent)
    ]


def _usage_alert(quotas: QuotaFile, threshold: Threshold, back: str, far_back: str) -> Rule:
    matcher = _which(quotas, (q.name for q in quotas.quotas if threshold in q.thresholds))
    ratio = threshold.percent / 100
    return Rule(
        names.USAGE_ALERT,
        f"last_over_time({names.RATIO}{matcher}[{back}]) >= {ratio:g}",
        alert=True,
        labels={names.THRESHOLD: str(threshold.percent), names.SEVERITY: threshold.severity},
        annotations={
            names.SUMMARY: (
                "{{ $labels.quota }} has used {{ $value | humanizePercentage }} of its limit"
            ),
            names.DESCRIPTION: (
                "The quota {{ $labels.quota }} passed "
                f"{threshold.percent} % of its limit in period {{{{ $labels.period }}}}."
            ),
            names.USED_BYTES: _number_of(names.USED, far_back),
            names.LIMIT_BYTES: _limit(far_back),
            names.RATIO_NUMBER: "{{ $value }}",
        },
    )


def _forecast_alerts(
    quotas: QuotaFile, in_use: Sequence[Calendar], back: str, far_back: str
) -> list[Rule]:
    asked = {
        calendar: [q.name for q in quotas.quotas if q.forecast and q.calendar == calendar]
        for calendar in in_use
    }
    return [
        Rule(
            names.FORECAST_ALERT,
            f"last_over_time({names.FORECAST}{_which(quotas, wanted)}[{back}])\n"
            f"> on ({names.QUOTA}) group_left ()\n"
            f"last_over_time({names.LIMIT}[{back}])\n"
            f"unless\n"
            f"last_over_time({names.RATIO}[{back}]) >= 1",
            alert=True,
            for_seconds=_FORECAST_FOR_SECONDS[calendar.name],
            labels={names.CALENDAR: calendar.name, names.SEVERITY: "warning"},
            annotations={
                names.SUMMARY: "{{ $labels.quota }} is expected to pass its limit",
                names.DESCRIPTION: (
                    "At the recent pace {{ $labels.quota }} reaches {{ $value | humanize }}B "
                    "by the end of period {{ $labels.period }}."
                ),
                names.FORECAST_BYTES: '{{ $value | printf "%.0f" }}',
                names.USED_BYTES: _number_of(names.USED, far_back),
                names.LIMIT_BYTES: _limit(far_back),
                names.RATIO_NUMBER: _number_of(names.RATIO, far_back, "%g"),
            },
        )
        for calendar, wanted in asked.items()
        if wanted
    ]


def _which(quotas: QuotaFile, wanted: Iterable[str]) -> str:
    """Return the matcher for these quotas: none where it is all of them."""
    wanted = list(wanted)
    if len(wanted) == len(quotas.quotas):
        return ""
    return f"{{{names.QUOTA}=~{any_of(sorted(wanted))}}}"


def _number_of(metric: str, back: str, number_format: str = "%.0f") -> str:
    """Return the annotation template for a series' value: that with the alert's own labels.

    A label that the alert lacks is matched as empty, which is to match its absence.
    """
    labels = (names.QUOTA, names.PERIOD, *names.SELECTOR_LABELS)
    matchers = ", ".join(f"{label}=%q" for label in labels)
    values = " ".join(f"$labels.{label}" for label in labels)
    return _first(f"last_over_time({metric}{{{matchers}}}[{back}])", values, number_format)


def _limit(back: str) -> str:
    query = f"last_over_time({names.LIMIT}{{{names.QUOTA}=%q}}[{back}])"
    return _first(query, f"$labels.{names.QUOTA}", "%.0f")


def _first(query: str, values: str, number_format: str) -> str:
    return (
        f'{{{{ with printf "{query}" {values} | query }}}}'
        f'{{{{ . | first | value | printf "{number_format}" }}}}{{{{ end }}}}'
    )
