"""From a payload to the outbox: one mail for each recipient, about what is new to them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from quotas import names
from quotas.model import QuotaFile
from webhook.alerts.dedup import is_notified, key_of, knows_start, start_key_of
from webhook.alerts.events import Event, QuotaEvent, by_threshold, read_event
from webhook.alerts.payload import FIRING, Alert, Payload
from webhook.alerts.recipients import recipients_of, select_events
from webhook.store.database import Store, StoreError
from webhook.store.notified import (
    DedupKey,
    PastNotifications,
    RaceError,
    add_notified,
    find_notified,
    mark_ended,
)
from webhook.store.outbox import Mail, add_mails
from webhook.store.status import WATCHDOG, set_status

# If two requests are about the same event, the second finds it stored at its next attempt.
_ATTEMPTS = 5

# Composes one mail for each recipient from: recipients with their events (most severe first), the
# payload, and the current time.
Compose = Callable[[Mapping[str, Sequence[Event]], Payload, datetime], Sequence[Mail]]


@dataclass(frozen=True)
class IntakeResult:
    """The queued mails, and how many events were new to a recipient or known to all of them."""

    mails: tuple[Mail, ...] = ()
    new: int = 0
    known: int = 0


@dataclass(frozen=True)
class _Candidate:
    """An event that recipients may be notified of, and its key."""

    event: Event
    key: DedupKey

    @property
    def start_key(self) -> DedupKey | None:
        """The key of the start, if this is a resolved quota."""
        if isinstance(self.event, QuotaEvent) and self.event.is_resolved:
            return start_key_of(self.event)
        return None

    def is_new_to(self, recipient: str, past: PastNotifications, now: datetime) -> bool:
        """Return whether this recipient is notified of the event now."""
        if is_notified(self.key, recipient, past, now):
            return False
        # Only those who know that it started are notified that it is resolved.
        start_key = self.start_key
        return start_key is None or knows_start(start_key, recipient, past)


def queue_mails(
    store: Store, payload: Payload, quotas: QuotaFile, compose: Compose, now: datetime
) -> IntakeResult:
    """Commit the mails that a payload leads to, and who is notified by them, in one transaction.

    Args:
        store: the database.
        payload: what Alertmanager has posted.
        quotas: the current content of quotas.yaml.
        compose: writes the mails.
        now: the current time (aware, UTC).

    Raises:
        StoreError: nothing is committed.

    """
    candidates = _find_candidates(payload.alerts, quotas, now)
    ended = _find_ended(payload.alerts, quotas, now)
    has_watchdog = any(alert.name == names.WATCHDOG_ALERT for alert in payload.alerts)
    for _ in range(_ATTEMPTS):
        past = _find_past(store, candidates)
        new = [
            (candidate, recipient)
            for candidate in candidates
            for recipient in recipients_of(candidate.event, quotas)
            if candidate.is_new_to(recipient, past, now)
        ]
        new_count = len({candidate.key for candidate, _ in new})
        # Outside of the transaction, because composing takes longer than storing.
        mails = tuple(compose(_group_by_recipient(new), payload, now)) if new else ()
        if not (mails or ended or has_watchdog):
            return IntakeResult(known=len(candidates))
        try:
            with store.writing() as connection:
                keys = [(candidate.key, recipient) for candidate, recipient in new]
                add_notified(connection, keys, past, now)
                add_mails(connection, mails, now)
                for key, ended_at in ended:
                    mark_ended(connection, key, ended_at)
                if has_watchdog:
                    set_status(connection, WATCHDOG, now)
        except RaceError:
            continue
        return IntakeResult(mails, new_count, len(candidates) - new_count)
    raise StoreError("other requests keep storing the same notifications")


def _find_candidates(
    alerts: Sequence[Alert], quotas: QuotaFile, now: datetime
) -> Sequence[_Candidate]:
    """Return the events of a payload, one for each subject of a key, most severe first."""
    found: dict[str, _Candidate] = {}
    for event in select_events(alerts, quotas, now):
        key = key_of(event)
        former = found.get(key.subject)
        # Several Prometheus servers may evaluate the same rules, with slightly different numbers.
        if former is None or by_threshold(event) > by_threshold(former.event):
            found[key.subject] = _Candidate(event, key)
    return list(found.values())


def _find_past(store: Store, candidates: Sequence[_Candidate]) -> PastNotifications:
    if not candidates:
        return {}
    subjects = [candidate.key.subject for candidate in candidates]
    subjects += [key.subject for candidate in candidates if (key := candidate.start_key)]
    with store.reading() as connection:
        return find_notified(connection, subjects)


def _group_by_recipient(
    new: Sequence[tuple[_Candidate, str]],
) -> Mapping[str, Sequence[Event]]:
    grouped: dict[str, list[Event]] = {}
    for candidate, recipient in new:
        grouped.setdefault(recipient, []).append(candidate.event)
    return grouped


def _find_ended(
    alerts: Sequence[Alert], quotas: QuotaFile, now: datetime
) -> list[tuple[DedupKey, datetime]]:
    """Return the thresholds over rolling windows that are resolved, and since when."""
    events = (
        read_event(alert, quotas)
        for alert in alerts
        if alert.status != FIRING and alert.name == names.USAGE_ALERT
    )
    return [
        (start_key_of(event), min(event.alert.ends_at or now, now))
        for event in events
        if isinstance(event, QuotaEvent) and event.is_rolling
    ]
