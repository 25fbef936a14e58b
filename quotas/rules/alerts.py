"""The alerts of quotas at their thresholds, and the annotations that all quota alerts share."""

from collections.abc import Iterable, Sequence

from quotas import names
from quotas.model import QuotaFile, Threshold
from quotas.promql import match_any, match_none, selector
from quotas.rule_files.rule import Rule
from quotas.units import format_duration


def usage_alerts(quotas: QuotaFile, reach_seconds: int) -> list[Rule]:
    """Return one alert for each threshold that any quota has.

    Args:
        quotas: all quotas.
        reach_seconds: how far back the newest value of a quota may be.

    """
    quotas_by_threshold: dict[tuple[float, str], list[str]] = {}
    for quota in quotas.quotas:
        for threshold in quota.thresholds:
            key = threshold.percent, quotas.severities[threshold.severity]
            quotas_by_threshold.setdefault(key, []).append(quota.name)
    return [
        _usage_alert(Threshold(percent, severity), match_quotas(quotas, quota_names), reach_seconds)
        for (percent, severity), quota_names in sorted(quotas_by_threshold.items())
    ]


def _usage_alert(threshold: Threshold, quota_matcher: str, reach_seconds: int) -> Rule:
    ratio = f"{names.RATIO}{selector([quota_matcher])}"
    return Rule(
        names.USAGE_ALERT,
        f"last_over_time({ratio}[{format_duration(reach_seconds)}]) >= {threshold.ratio!r}",
        alert=True,
        labels={names.THRESHOLD: threshold.label, names.SEVERITY: threshold.severity},
        annotations={
            names.SUMMARY: (
                "{{ $labels.quota }} has used {{ $value | humanizePercentage }} of its limit"
            ),
            names.DESCRIPTION: (
                f"The quota {{{{ $labels.quota }}}} passed {threshold.label} % of its limit"
                "{{ with $labels.period }} in period {{ . }}{{ end }}."
            ),
            names.USED_BYTES: entry_value(names.USED, reach_seconds),
            names.LIMIT_BYTES: limit_value(reach_seconds),
            names.RATIO_NUMBER: "{{ $value }}",
            names.FORECAST_BYTES: entry_value(names.FORECAST, reach_seconds),
        },
    )


def match_quotas(quotas: QuotaFile, wanted: Iterable[str]) -> str:
    """Return a matcher of the quotas with these names; empty if they are all quotas.

    The matcher lists either the wanted names or the others, whichever are fewer.
    """
    chosen = set(wanted)
    others = [quota.name for quota in quotas.quotas if quota.name not in chosen]
    if not others:
        return ""
    if len(others) < len(chosen):
        return match_none(names.QUOTA, sorted(others))
    return match_any(names.QUOTA, sorted(chosen))


def runbook_annotations(alert_name: str, page_url: str) -> dict[str, str]:
    """Return an alert's link to its section of the runbook; nothing if there is no runbook."""
    return {names.RUNBOOK_URL: f"{page_url}#{alert_name.lower()}"} if page_url else {}


def entry_value(metric: str, reach_seconds: int, number_format: str = "%.0f") -> str:
    """Return an annotation template: the value of a metric for the quota entry of the alert.

    Args:
        metric: a series that has the labels of a quota entry, such as the bytes used.
        reach_seconds: how far back the newest value of a quota may be.
        number_format: how to print the value, as in C.

    """
    labels = (names.QUOTA, names.PERIOD, *names.SELECTOR_LABELS)
    return _value_template(metric, labels, reach_seconds, number_format)


def limit_value(reach_seconds: int) -> str:
    """Return an annotation template: the limit of the alert's quota in bytes."""
    return _value_template(names.LIMIT, (names.QUOTA,), reach_seconds, "%.0f")


def _value_template(
    metric: str, labels: Sequence[str], reach_seconds: int, number_format: str
) -> str:
    # %+q quotes as Go does, in ASCII: PromQL refuses U+FFFD, which %q leaves as it is.
    series = f"{metric}{selector(f'{label}=%+q' for label in labels)}"
    # A label that the alert does not have is empty here, and so matches its absence. Without `or`,
    # vmalert has no text for it.
    values = " ".join(f'(or $labels.{label} "")' for label in labels)
    # Twice the reach: the ratio that raised the alert was itself computed from older values.
    query = f"last_over_time({series}[{format_duration(2 * reach_seconds)}])"
    return (
        f'{{{{ with printf "{query}" {values} | query }}}}'
        f'{{{{ . | first | value | printf "{number_format}" }}}}{{{{ end }}}}'
    )
