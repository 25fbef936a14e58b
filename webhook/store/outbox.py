"""The outbox: queued mails, and the envelope that holds each mail's recipient and state."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, delete, insert, select, update

from webhook.store.sending.claims import free_abandoned
from webhook.store.tables import EXPIRED, FAILED, QUEUED, SENT, envelopes, mails
from webhook.store.topics import Topic, add_topics

# The priorities of mails: limits that are reached are delivered first.
FIRST, SECOND = 0, 1
_PURGED_AT_ONCE = 500


@dataclass(frozen=True)
class Mail:
    """A mail to one recipient, ready to be queued.

    ``content`` is the whole message with its headers (RFC 5322). ``quota`` is the name of the quota
    that it is about, or empty if there is none or more than one. ``topics`` are all its topics.
    ``wanted_chart`` describes the chart that is added before the first attempt. Empty for none.
    """

    recipient: str
    subject: str
    message_id: str
    content: bytes
    quota: str = ""
    priority: int = SECOND
    topics: tuple[Topic, ...] = ()
    wanted_chart: str = ""


def add_mails(connection: Connection, added: Sequence[Mail], now: datetime) -> None:
    """Queue mails, with their topics, to be sent at once."""
    for mail in added:
        row = connection.execute(
            insert(mails).values(
                message_id=mail.message_id,
                quota=mail.quota,
                subject=mail.subject,
                content=mail.content,
            )
        )
        mail_id: int = row.inserted_primary_key[0]  # type: ignore[index] # one row was inserted
        connection.execute(
            insert(envelopes).values(
                mail_id=mail_id,
                recipient=mail.recipient,
                state=QUEUED,
                priority=mail.priority,
                attempts=0,
                queued_at=now,
                due_at=now,
                answer="",
                wanted_chart=mail.wanted_chart or None,
            )
        )
        add_topics(connection, mail_id, mail.topics)


def retry(connection: Connection, mail_ids: Sequence[int], now: datetime) -> int:
    """Queue mails again that failed, expired or wait. Return how many there were."""
    states = (FAILED, EXPIRED, QUEUED)
    which = and_(envelopes.c.mail_id.in_(mail_ids), envelopes.c.state.in_(states))
    # An expired mail would expire again if its former attempts counted.
    queued = update(envelopes).where(which).values(state=QUEUED, due_at=now, queued_at=now)
    fresh = queued.values(attempts=0, tried_at=None, settled_at=None)
    return connection.execute(fresh).rowcount


def withhold(connection: Connection, mail_ids: Sequence[int], now: datetime, answer: str) -> int:
    """Mark mails as failed that no process is sending. Return how many there were."""
    free_abandoned(connection, "", now)
    which = and_(envelopes.c.mail_id.in_(mail_ids), envelopes.c.state == QUEUED)
    withheld = update(envelopes).where(which)
    return connection.execute(withheld.values(state=FAILED, settled_at=now, answer=answer)).rowcount


def purge_mails(connection: Connection, settled_before: datetime) -> int:
    """Delete some of the mails that were settled before this time. Return how many.

    Call it again, in another transaction, until it returns 0.
    """
    states = (SENT, FAILED, EXPIRED)
    old = (
        select(envelopes.c.mail_id)
        .where(envelopes.c.state.in_(states), envelopes.c.settled_at < settled_before)
        .limit(_PURGED_AT_ONCE)
    )
    chosen = list(connection.execute(old).scalars())
    connection.execute(delete(mails).where(mails.c.id.in_(chosen)))
    return len(chosen)
