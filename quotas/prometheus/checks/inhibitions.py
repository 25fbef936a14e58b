"""Whether Alertmanager silences our alerts because of inhibit rules that are not ours."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from quotas import names
from quotas.prometheus.checks.finding import Finding
from quotas.prometheus.client import PrometheusClient

# How many alerts are named, of those that are silenced.
MOST_SHOWN = 5
# The labels by which the inhibit rules of alertmanager/alertmanager.yml compare alerts.
_EQUAL = (names.QUOTA, *names.SELECTOR_LABELS, names.PERIOD)

Alert = Mapping[str, Any]


def check_inhibitions(alertmanager: PrometheusClient) -> Iterator[Finding]:
    """Yield whether an alert of ours is inhibited by a rule that is not ours."""
    found = list(find_foreign(alertmanager.read_json("/api/v2/alerts", inhibited="true")))
    for text in found[:MOST_SHOWN]:
        yield Finding(good=False, text=text)
    if len(found) > MOST_SHOWN:
        yield Finding(good=False, text=f"{len(found) - MOST_SHOWN} more alerts are inhibited")
    if not found:
        yield Finding(good=True, text="no inhibit rule of others silences these alerts")


def find_foreign(alerts: Iterable[Alert]) -> Iterator[str]:
    """Yield a sentence for each alert of ours that a rule of others inhibits.

    Args:
        alerts: Alertmanager's answer, with inhibited alerts.

    """
    by_fingerprint = {alert["fingerprint"]: alert for alert in alerts}
    for alert in by_fingerprint.values():
        labels = alert["labels"]
        if labels.get("alertname") not in names.ALERTS:
            continue
        for fingerprint in alert["status"]["inhibitedBy"]:
            # An alert that is gone meanwhile inhibits nothing any more.
            source = by_fingerprint.get(fingerprint)
            if source is not None and not _is_higher_threshold(source["labels"], labels):
                yield (
                    f"Alertmanager does not send {_describe(labels)}, because "
                    f"{_describe(source['labels'])} inhibits it; exclude our alerts from that "
                    f"inhibit rule, or set severities in quotas.yaml"
                )
                break


def _is_higher_threshold(source: Mapping[str, str], target: Mapping[str, str]) -> bool:
    """Return whether alertmanager/alertmanager.yml inhibits one by the other: it should."""
    alike = all(source.get(label, "") == target.get(label, "") for label in _EQUAL)
    both = {source["alertname"], target["alertname"]} == {names.USAGE_ALERT}
    return both and alike and _percent(source) > _percent(target)


def _percent(labels: Mapping[str, str]) -> float:
    try:
        return float(labels.get(names.THRESHOLD, ""))
    except ValueError:
        return 0.0


def _describe(labels: Mapping[str, str]) -> str:
    shown = (names.QUOTA, names.THRESHOLD, names.SEVERITY)
    text = ", ".join(f"{label}={labels[label]}" for label in shown if label in labels)
    return f"{labels['alertname']} ({text})" if text else labels["alertname"]
