"""Deduplication: the key of an event, and whether a recipient was already notified under it."""

import hashlib
from datetime import datetime, timedelta

from quotas import names
from webhook.alerts.events import Event, OtherEvent, QuotaEvent
from webhook.store.notified import DedupKey, PastNotification, PastNotifications

# A quota over a rolling window may rise and fall around a threshold. People get one mail a day.
RECURS_AFTER = timedelta(days=1)
_KEY_LABELS = (names.PERIOD, *names.SELECTOR_LABELS)


def key_of(event: Event) -> DedupKey:
    """Return the key under which each recipient is notified of this event once.

    For a quota it is made of quota, selector labels, threshold, period and limit. The time, and
    which Prometheus has evaluated the rules, make no difference. For any other alert it is made of
    fingerprint, start and status.
    """
    if isinstance(event, OtherEvent):
        alert = event.alert
        return DedupKey(_digest("alert", alert.fingerprint, str(alert.starts_at), alert.status))
    if event.is_resolved:
        # Once in a period and for each limit. A rolling window can be resolved again and again.
        start = [str(event.alert.starts_at)] if event.is_rolling else []
        return DedupKey(_quota_subject(event, "over", f"{event.threshold_percent:g}", *start))
    return start_key_of(event)


def start_key_of(event: QuotaEvent) -> DedupKey:
    """Return the key of the start of this event, even if the event is now resolved."""
    if event.is_forecast:
        return DedupKey(_quota_subject(event, "forecast"))
    return DedupKey(
        _quota_subject(event, "usage"),
        event.threshold_percent,
        recurs=event.is_rolling,
        starts_at=event.alert.starts_at,
    )


def is_notified(key: DedupKey, recipient: str, past: PastNotifications, now: datetime) -> bool:
    """Return whether this recipient needs no further mail about the event of this key."""
    return any(
        notification.percent >= key.percent and not _recurs_since(notification, key, now)
        for notification in past.get((key.subject, recipient), ())
    )


def knows_start(key: DedupKey, recipient: str, past: PastNotifications) -> bool:
    """Return whether this recipient was notified of the start, or of a higher threshold since.

    A start after an ended notification is a new one, of which the recipient was not notified.
    """
    return any(
        notification.ended_at is None
        or (key.starts_at is not None and key.starts_at <= notification.notified_at)
        for notification in past.get((key.subject, recipient), ())
        if notification.percent >= key.percent
    )


def _recurs_since(notification: PastNotification, key: DedupKey, now: datetime) -> bool:
    """Return whether the quota fell below the threshold since, and has reached it again."""
    if not key.recurs or notification.ended_at is None or key.starts_at is None:
        return False
    is_new_start = key.starts_at > notification.ended_at
    return is_new_start and now - notification.notified_at >= RECURS_AFTER


def _quota_subject(event: QuotaEvent, *kind: str) -> str:
    labels = event.alert.labels
    values = (f"{name}={labels[name]}" for name in _KEY_LABELS if name in labels)
    return _digest(*kind, event.quota_name, event.calendar, str(event.limit_bytes), *values)


def _digest(*parts: str) -> str:
    # Each part is preceded by its length, so that different parts never give the same text.
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()
