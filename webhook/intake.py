"""From a payload to the outbox: what is new is written to those who do not know it yet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from quotas import names
from quotas.model import QuotaFile
from webhook.alerts.dedup import Identity, identify, identify_beginning, is_rolling
from webhook.alerts.events import (
    Notice,
    QuotaNotice,
    height,
    read_notice,
    read_notices,
    recipients_of,
)
from webhook.alerts.payload import FIRING, Alert, Payload
from webhook.mail.links import web_url
from webhook.mail.message import Letterhead, Mail, compose_mails
from webhook.store.database import Store, StoreError
from webhook.store.notified import (
    RaceError,
    Tellings,
    add_told,
    end_told,
    find_told,
    is_told,
    knows_beginning,
)
from webhook.store.outbox import add_mails
from webhook.store.status import WATCHDOG, put_fact

# Two requests that tell of the same: the second finds it told at its next look.
_TRIES = 5


@dataclass(frozen=True)
class Taken:
    """What a payload led to: mails that are queued, and how many alerts were news to somebody."""

    mails: tuple[Mail, ...] = ()
    news: int = 0
    known: int = 0


def take_payload(
    store: Store, payload: Payload, quotas: QuotaFile, letterhead: Letterhead, now: datetime
) -> Taken:
    """Commit to the outbox what must be mailed of a payload, and return what that is.

    Raises:
        StoreError: nothing of it is committed.

    """
    # The gravest come first: of two that are the same but for who evaluated them, that one stays.
    seen: dict[str, tuple[Notice, Identity]] = {}
    for notice in read_notices(payload.alerts, quotas, now):
        identity = identify(notice)
        known, _ = seen.get(identity.subject, (notice, identity))
        if height(notice) >= height(known):
            seen[identity.subject] = (notice, identity)
    begun = {
        identity.subject: identify_beginning(notice)
        for notice, identity in seen.values()
        if isinstance(notice, QuotaNotice) and notice.is_over
    }
    ended = _ended_windows(payload.alerts, quotas, now)
    watched = any(alert.name == names.WATCHDOG_ALERT for alert in payload.alerts)
    if not letterhead.addresses.alertmanager:
        own = replace(letterhead.addresses, alertmanager=web_url(payload.external_url))
        letterhead = replace(letterhead, addresses=own)
    for _ in range(_TRIES):
        tellings: Tellings = {}
        if seen:
            with store.reading() as connection:
                tellings = find_told(connection, [*seen, *(p.subject for p in begun.values())])
        told = [
            (notice, identity, recipient)
            for notice, identity in seen.values()
            for recipient in recipients_of(notice, quotas)
            if not is_told(identity, recipient, tellings, now)
            # That something is over is news to those who know that it began.
            if identity.subject not in begun
            or knows_beginning(begun[identity.subject], recipient, tellings)
        ]
        news = len({id(notice) for notice, _, _ in told})
        # Outside of the transaction: to write a mail takes longer than to store it.
        mails = compose_mails(_by_recipient(told), letterhead, now, payload.truncated_alerts)
        if not (mails or ended or watched):
            return Taken(known=len(seen))
        try:
            with store.writing() as connection:
                add_told(connection, [(entry[1], entry[2]) for entry in told], tellings, now)
                add_mails(connection, mails, now)
                for passed, at in ended:
                    end_told(connection, passed, at)
                if watched:
                    put_fact(connection, WATCHDOG, now)
        except RaceError:
            continue
        return Taken(mails, news, known=len(seen) - news)
    raise StoreError("others tell of the same alerts all the time")


def _by_recipient(
    told: Sequence[tuple[Notice, Identity, str]],
) -> Mapping[str, Sequence[Notice]]:
    concerned: dict[str, list[Notice]] = {}
    for notice, _, recipient in told:
        concerned.setdefault(recipient, []).append(notice)
    return concerned


def _ended_windows(
    alerts: Sequence[Alert], quotas: QuotaFile, now: datetime
) -> list[tuple[Identity, datetime]]:
    """Return which quotas over rolling windows are below which threshold again, and since when."""
    over = (
        read_notice(alert, quotas)
        for alert in alerts
        if alert.status != FIRING and alert.name == names.USAGE_ALERT
    )
    return [
        (identify_beginning(notice), min(notice.alert.ends_at or now, now))
        for notice in over
        if isinstance(notice, QuotaNotice) and is_rolling(notice)
    ]
