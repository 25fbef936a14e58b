"""Quotas, series, and the labels and annotations of the alerts that must fire."""

from quotas import names
from tests.integration.support.promtool import Samples, counter, up

# The head of a quotas.yaml, and a file with one quota.
# Steps are not counted again: other tests see to that, and it takes longer.
HEAD = "version: 1\ndefaults: {notify: [ops@example.com]}\naccounting: {catch_up: false}\nquotas:\n"
ONE_QUOTA = HEAD + "  - {name: a, service: bun-service, limit: 10 kB, labels: {team: bun}}\n"

# Labels of alerts about a quota named "a", by the month or the hour.
MONTH = {"quota": "a", "calendar": "month", "period": "197001"}
HOUR = {"quota": "a", "calendar": "hour"}
SEVERITIES = dict.fromkeys((80, 90, 100), "warning")
MONTH_MINUTES = 31 * 24 * 60

LabelsAndAnnotations = tuple[dict[str, str], dict[str, str]]


def moved(used_bytes: int) -> dict[str, str]:
    """Return a gateway that is up, and its counter, which appears after two minutes."""
    return {up(): "1+0x400", counter(): f"_x8 {used_bytes}+0x300"}


def forecast(used_bytes: int, minutes: int) -> str:
    """Return the bytes expected at the end of the month, from those of its first minutes."""
    rate = used_bytes / (60 * minutes)
    return f"{used_bytes + rate * 60 * (MONTH_MINUTES - minutes):.0f}"


def usage_alert(
    percent: int, used_bytes: int, shown: str, ratio: str, *, minutes: int = 10
) -> LabelsAndAnnotations:
    """Return the alert at a threshold of the quota of ``ONE_QUOTA``."""
    labels = {**MONTH, "service": "bun-service", "team": "bun"}
    return (
        {**labels, "threshold": str(percent), "severity": SEVERITIES[percent]},
        {
            "summary": f"a has used {shown} of its limit",
            "description": f"The quota a passed {percent} % of its limit in period 197001.",
            "used_bytes": str(used_bytes),
            "limit_bytes": "10000",
            "ratio": ratio,
            "forecast_bytes": forecast(used_bytes, minutes),
        },
    )


def alerts_firing(at: str, *expected: tuple[str, str, str]) -> Samples:
    """Expect alerts at this time, each as quota, threshold and severity."""
    query = f'sum by (quota, threshold, severity) (ALERTS{{alertname="{names.USAGE_ALERT}"}})'
    keys = ("quota", "threshold", "severity")
    return Samples(query, at, [(dict(zip(keys, labels, strict=True)), 1) for labels in expected])
