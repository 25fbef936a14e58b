"""Who gets a mail: the recipients of each event, and which events people are notified of.

quotas.yaml alone decides both. Whether a recipient was already notified is decided in
``webhook.alerts.dedup``.
"""

from collections.abc import Iterable
from datetime import datetime

from quotas import names
from quotas.model import Quota, QuotaFile
from webhook.alerts.events import Event, QuotaEvent, by_severity, by_threshold, read_event
from webhook.alerts.payload import FIRING, Alert

_QUOTA_ALERTS = (names.USAGE_ALERT, names.FORECAST_ALERT)


def select_events(alerts: Iterable[Alert], quotas: QuotaFile, now: datetime) -> tuple[Event, ...]:
    """Return the events that people are notified of, most severe first.

    The watchdog is left out, and so are resolved alerts unless quotas.yaml asks for them. An alert
    that comes twice is one event. If several thresholds of one quota are reached, only the highest
    is an event.
    """
    events = (read_event(alert, quotas) for alert in alerts if alert.name != names.WATCHDOG_ALERT)
    selected: dict[object, Event] = {}
    for event in sorted(events, key=by_severity, reverse=True):
        if event.alert.status == FIRING or _is_resolved_wanted(event, quotas, now):
            identity = _identity_of(event)
            selected[identity] = max(selected.get(identity, event), event, key=by_threshold)
    return tuple(selected.values())


def recipients_of(event: Event, quotas: QuotaFile) -> tuple[str, ...]:
    """Return the addresses in quotas.yaml that are notified of an event, each once.

    No address ever comes from the alert itself. The default recipients are notified of other
    alerts, and of quotas that quotas.yaml does not have.
    """
    return tuple(dict.fromkeys((_quota_of(event, quotas) or quotas).notify))


def _quota_of(event: Event, quotas: QuotaFile) -> Quota | None:
    if event.alert.name not in _QUOTA_ALERTS:
        return None
    return quotas.find(event.alert.labels.get(names.QUOTA, ""))


def _is_resolved_wanted(event: Event, quotas: QuotaFile, now: datetime) -> bool:
    """Return whether people are notified that this alert is resolved.

    The alert of a quota ends with its period at the latest. Nobody is notified of that.
    """
    quota = _quota_of(event, quotas)
    if quota is None and event.alert.name in _QUOTA_ALERTS:
        return False
    if not (quota or quotas).notify_resolved:
        return False
    if not isinstance(event, QuotaEvent) or event.period is None:
        return True
    ended_before = min(event.alert.ends_at or now, now) < event.period.end
    return ended_before and _is_below_current_threshold(event)


def _is_below_current_threshold(event: QuotaEvent) -> bool:
    """Return whether the usage, or forecast, is below the threshold of the current limit.

    Usage only grows within a period. If the limit is still the same, the alert has ended because
    Prometheus stopped evaluating it: Alertmanager ends such an alert after some minutes. A forecast
    also ends when the limit is reached.
    """
    size_bytes = (event.forecast_bytes if event.is_forecast else None) or event.used_bytes
    return size_bytes * 100 < event.threshold_percent * (event.current_limit_bytes or 0)


def _identity_of(event: Event) -> object:
    """Return what distinguishes events. Of several with the same identity, people get one."""
    ignored = {names.THRESHOLD, names.SEVERITY} if isinstance(event, QuotaEvent) else set()
    labels = frozenset(item for item in event.alert.labels.items() if item[0] not in ignored)
    return (event.alert.status, labels)
