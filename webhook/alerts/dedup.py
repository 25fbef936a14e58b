"""Deduplication: prevents that someone is notified twice of the same event.

Every event has a key. Of several events with the same key, ``keep_one_for_each_key`` keeps one.
``find_new_key`` decides whether a recipient is notified of it, given who was notified under which
key before. ``webhook.store.past_notifications`` stores that.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from quotas import names
from webhook.alerts.events import Event, OtherEvent, QuotaEvent, by_threshold
from webhook.alerts.payload import FIRING, Alert
from webhook.alerts.problems import LastMail, number_of_due_mail
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
        """The key of the start, if this event is resolved."""
        return start_key_of(self.event) if self.event.alert.status != FIRING else None

    @property
    def digests(self) -> set[str]:
        """The digests whose past notifications ``find_new_key`` needs."""
        keys = (self.key, self.start_key)
        digests = {key.digest for key in keys if key is not None}
        if isinstance(self.event, OtherEvent):
            digests.add(_former_digest(self.event.alert, FIRING))
        return digests


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


def find_new_key(
    recipient: str, candidate: Candidate, past: PastNotifications, now: datetime
) -> DedupKey | None:
    """Return the key under which this recipient is notified now, or None if they are not.

    Args:
        recipient: the mail address.
        candidate: the event and its key.
        past: all past notifications with its ``digests``.
        now: the current time (aware, UTC).

    """
    event, key = candidate.event, candidate.key
    if isinstance(event, OtherEvent) and event.alert.status == FIRING:
        last = _last_mail_about(event, recipient, past)
        number = number_of_due_mail(last, event.alert.starts_at, now)
        return None if number is None else replace(key, percent=number, recurs=number == 0)
    if is_notified(key, recipient, past, now) or not _knows_start(candidate, recipient, past):
        return None
    return key


def _knows_start(candidate: Candidate, recipient: str, past: PastNotifications) -> bool:
    """Return whether this event is a start, or the recipient was notified of its start."""
    event, start_key = candidate.event, candidate.start_key
    if start_key is None:
        return True
    if isinstance(event, OtherEvent):
        last = _last_mail_about(event, recipient, past)
        return last is not None and last.is_going_on
    return knows_start(start_key, recipient, past)


def _last_mail_about(event: OtherEvent, recipient: str, past: PastNotifications) -> LastMail | None:
    digests = (start_key_of(event).digest, _former_digest(event.alert, FIRING))
    mails = next((past[d, recipient] for d in digests if (d, recipient) in past), ())
    last = max(mails, key=lambda mail: mail.percent, default=None)
    return LastMail(int(last.percent), last.notified_at, last.ended_at) if last else None


def key_of(event: Event) -> DedupKey:
    """Return the key under which each recipient is notified of this event once.

    For a quota it is made of quota, selector labels, threshold, period and limit. The time, and
    which Prometheus has evaluated the rules, make no difference. For any other alert it is made of
    the fingerprint, and if it is resolved also of its start.
    """
    if isinstance(event, OtherEvent):
        if event.alert.status == FIRING:
            return start_key_of(event)
        return DedupKey(_former_digest(event.alert, event.alert.status))
    if event.is_resolved:
        # Once in a period and for each limit. A rolling window can be resolved again and again.
        start = [str(event.alert.starts_at)] if event.is_rolling else []
        # "over" is part of the digests of earlier versions. It means "below the threshold again".
        return DedupKey(_quota_digest(event, "over", f"{event.threshold_percent:g}", *start))
    return start_key_of(event)


def start_key_of(event: Event) -> DedupKey:
    """Return the key of the start of this event, even if the event is now resolved."""
    if isinstance(event, OtherEvent):
        return DedupKey(_digest("problem", event.alert.fingerprint))
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


def _former_digest(alert: Alert, status: str) -> str:
    """Return the digest under which earlier versions stored both start and end of an alert."""
    return _digest("alert", alert.fingerprint, str(alert.starts_at), status)


def _quota_digest(event: QuotaEvent, *kind: str) -> str:
    # The same digests as in earlier versions: other ones would notify everyone again.
    labels = event.alert.labels
    values = (f"{name}={labels[name]}" for name in _KEY_LABELS if name in labels)
    return _digest(*kind, event.quota_name, event.calendar, str(event.limit_bytes), *values)


def _digest(*parts: str) -> str:
    # Each part is preceded by its length, so that different parts never give the same text.
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()
