"""Deduplication: prevents that someone is notified twice of the same event.

Every event has a key. Of several events with the same key, ``keep_one_for_each_key`` keeps one.
``is_new_to`` decides whether a recipient is notified of it, given who was notified under which key
before. ``webhook.store.past_notifications`` stores that.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from quotas import names
from webhook.alerts.events import Event, OtherEvent, QuotaEvent, by_threshold
from webhook.store.past_notifications import DedupKey, PastNotification, PastNotifications

# A quota over a rolling window may rise and fall around a threshold. People get one mail a day.
RECURS_AFTER = timedelta(days=1)
_KEY_LABELS = (names.PERIOD, *names.SELECTOR_LABELS)


@dataclass(frozen=True)
class Candidate:
    """An event that recipients may be notified of, and its key."""

    event: Event
    key: DedupKey

    @property
    def start_key(self) -> DedupKey | None:
        """The key of the start, if this is a resolved quota."""
        if isinstance(self.event, QuotaEvent) and self.event.is_resolved:
            return start_key_of(self.event)
        return None

    @property
    def digests(self) -> set[str]:
        """The digests whose past notifications ``is_new_to`` needs."""
        keys = (self.key, self.start_key)
        return {key.digest for key in keys if key is not None}


def keep_one_for_each_key(events: Iterable[Event]) -> list[Candidate]:
    """Return one candidate for each digest of a key, in the order of the events.

    Several Prometheus servers may evaluate the same rules, with slightly different numbers.
    """
    kept: dict[str, Candidate] = {}
    for event in events:
        key = key_of(event)
        former = kept.get(key.digest)
        if former is None or by_threshold(event) > by_threshold(former.event):
            kept[key.digest] = Candidate(event, key)
    return list(kept.values())


def is_new_to(recipient: str, candidate: Candidate, past: PastNotifications, now: datetime) -> bool:
    """Return whether this recipient is notified of the event now.

    Args:
        recipient: the mail address.
        candidate: the event and its key.
        past: all past notifications with its ``digests``.
        now: the current time (aware, UTC).

    """
    if is_notified(candidate.key, recipient, past, now):
        return False
    # Only those who know that it started are notified that it is resolved.
    start_key = candidate.start_key
    return start_key is None or knows_start(start_key, recipient, past)


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
        # "over" is part of the digests of earlier versions. It means "below the threshold again".
        return DedupKey(_quota_digest(event, "over", f"{event.threshold_percent:g}", *start))
    return start_key_of(event)


def start_key_of(event: QuotaEvent) -> DedupKey:
    """Return the key of the start of this event, even if the event is now resolved."""
    if event.is_forecast:
        return DedupKey(_quota_digest(event, "forecast"))
    return DedupKey(
        _quota_digest(event, "usage"),
        event.threshold_percent,
        recurs=event.is_rolling,
        starts_at=event.alert.starts_at,
    )


def is_notified(key: DedupKey, recipient: str, past: PastNotifications, now: datetime) -> bool:
    """Return whether this recipient needs no further mail about the event of this key."""
    return any(
        notification.percent >= key.percent and not _recurs_since(notification, key, now)
        for notification in past.get((key.digest, recipient), ())
    )


def knows_start(key: DedupKey, recipient: str, past: PastNotifications) -> bool:
    """Return whether this recipient was notified of the start, or of a higher threshold since.

    A start after an ended notification is a new one, of which the recipient was not notified.
    """
    return any(
        notification.ended_at is None
        or (key.starts_at is not None and key.starts_at <= notification.notified_at)
        for notification in past.get((key.digest, recipient), ())
        if notification.percent >= key.percent
    )


def _recurs_since(notification: PastNotification, key: DedupKey, now: datetime) -> bool:
    """Return whether the quota fell below the threshold since, and has reached it again."""
    if not key.recurs or notification.ended_at is None or key.starts_at is None:
        return False
    is_new_start = key.starts_at > notification.ended_at
    return is_new_start and now - notification.notified_at >= RECURS_AFTER


def _quota_digest(event: QuotaEvent, *kind: str) -> str:
    # The same digests as in earlier versions: other ones would notify everyone again.
    labels = event.alert.labels
    values = (f"{name}={labels[name]}" for name in _KEY_LABELS if name in labels)
    return _digest(*kind, event.quota_name, event.calendar, str(event.limit_bytes), *values)


def _digest(*parts: str) -> str:
    # Each part is preceded by its length, so that different parts never give the same text.
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()
