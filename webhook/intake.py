"""From a payload to the outbox: one mail for each recipient, about what is new to them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from quotas import names
from quotas.model import QuotaFile
from webhook.alerts.dedup import Candidate, find_new_key, keep_one_for_each_key, start_key_of
from webhook.alerts.events import Event, OtherEvent, read_event
from webhook.alerts.payload import FIRING, Alert, Payload
from webhook.recipients import recipients_of, select_events
from webhook.store.database import Store, StoreError, deadline
from webhook.store.outbox import Mail, add_mails
from webhook.store.past_notifications import (
    DedupKey,
    PastNotifications,
    RaceError,
    add_past_notifications,
    find_past_notifications,
    mark_ended,
)
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
    candidates = keep_one_for_each_key(select_events(payload.alerts, quotas, now))
    ended = _find_ended(payload.alerts, quotas, now)
    has_watchdog = any(alert.name == names.WATCHDOG_ALERT for alert in payload.alerts)
    # One for all attempts, because Alertmanager waits for the answer.
    until = deadline()
    for _ in range(_ATTEMPTS):
        past = _find_past(store, candidates)
        new = [
            (candidate, recipient, key)
            for candidate in candidates
            for recipient in recipients_of(candidate.event, quotas)
            if (key := find_new_key(recipient, candidate, past, now))
        ]
        new_count = len({candidate.key for candidate, _, _ in new})
        # Outside of the transaction, because composing takes longer than storing.
        mails = tuple(compose(_group_by_recipient(new), payload, now)) if new else ()
        if not (mails or ended or has_watchdog):
            return IntakeResult(known=len(candidates))
        try:
            with store.writing(until) as connection:
                keys = [(key, recipient) for _, recipient, key in new]
                add_past_notifications(connection, keys, past, now)
                add_mails(connection, mails, now)
                for key, ended_at in ended:
                    mark_ended(connection, key, ended_at)
                if has_watchdog:
                    set_status(connection, WATCHDOG, now)
        except RaceError:
            continue
        return IntakeResult(mails, new_count, len(candidates) - new_count)
    raise StoreError("other requests keep storing the same notifications")


def _find_past(store: Store, candidates: Sequence[Candidate]) -> PastNotifications:
    if not candidates:
        return {}
    digests = set().union(*(candidate.digests for candidate in candidates))
    with store.reading() as connection:
        return find_past_notifications(connection, digests)


def _group_by_recipient(
    new: Sequence[tuple[Candidate, str, DedupKey]],
) -> Mapping[str, Sequence[Event]]:
    grouped: dict[str, list[Event]] = {}
    for candidate, recipient, _ in new:
        grouped.setdefault(recipient, []).append(candidate.event)
    return grouped


def _find_ended(
    alerts: Sequence[Alert], quotas: QuotaFile, now: datetime
) -> list[tuple[DedupKey, datetime]]:
    """Return what is over and can begin again, and since when.

    These are thresholds over rolling windows, and alerts that concern no quota. Quotas with periods
    are notified once in a period, so their end makes no difference.
    """
    events = (read_event(alert, quotas) for alert in alerts if alert.status != FIRING)
    return [
        (start_key_of(event), min(event.alert.ends_at or now, now))
        for event in events
        if isinstance(event, OtherEvent) or (event.is_rolling and not event.is_forecast)
    ]
