"""The outbox: queued mails, and the envelope that holds each mail's recipient and state."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    case,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from webhook.store.tables import EXPIRED, FAILED, QUEUED, SENDING, SENT, UtcTime, envelopes, mails
from webhook.store.topics import Topic, add_topics

# The priorities of mails: limits that are reached are delivered first.
FIRST, SECOND = 0, 1
# The longest pause between two attempts. A mail that is due later was stored by a wrong clock.
LONGEST_PAUSE = timedelta(minutes=30)
_PURGED_AT_ONCE = 500


@dataclass(frozen=True)
class Mail:
    """A mail to one recipient, ready to be queued.

    ``content`` is the whole message with its headers (RFC 5322). ``quota`` is the name of the quota
    that it is about, or empty if there is none or more than one. ``topics`` are all its topics.
    """

    recipient: str
    subject: str
    message_id: str
    content: bytes
    quota: str = ""
    priority: int = SECOND
    topics: tuple[Topic, ...] = ()


@dataclass(frozen=True)
class ClaimedMail:
    """A mail that one delivery process has leased to send it.

    ``attempts`` and ``tried_at`` are the number of former attempts and the time of the first one.
    """

    mail_id: int
    message_id: str
    recipient: str
    content: bytes
    attempts: int
    queued_at: datetime
    tried_at: datetime | None = None


@dataclass(frozen=True)
class Outcome:
    """The result of an attempt: the new state, the server's answer, and any time of a retry."""

    state: str
    answer: str = ""
    due_at: datetime | None = None


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
            )
        )
        add_topics(connection, mail_id, mail.topics)


def has_work(connection: Connection, owner: str, now: datetime) -> bool:
    """Return whether a mail is due or was abandoned, so that ``claim`` would find one."""
    return any(
        connection.execute(select(envelopes.c.mail_id).where(which).limit(1)).first() is not None
        for which in (_is_due(now), _is_abandoned(owner, now))
    )


def claim(
    connection: Connection, owner: str, now: datetime, until: datetime, most: int
) -> list[ClaimedMail]:
    """Lease at most ``most`` due mails to ``owner``, by priority. Nobody else sends them meanwhile.

    An owner must be finished with its former mails before it claims more. A mail that is still
    leased to it was abandoned after a failure, and is queued again.
    """
    abandoned = update(envelopes).where(_is_abandoned(owner, now))
    connection.execute(abandoned.values(state=QUEUED, leased_by=None, leased_until=None))
    due = (
        select(envelopes.c.mail_id)
        .where(_is_due(now))
        .order_by(envelopes.c.priority, envelopes.c.due_at, envelopes.c.mail_id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    chosen = list(connection.execute(due).scalars())
    if not chosen:
        return []
    mine = envelopes.c.mail_id.in_(chosen)
    # A mail that a wrong clock has queued in the future was queued now.
    queued_at = case((envelopes.c.queued_at > now, now), else_=envelopes.c.queued_at)
    leased = update(envelopes).where(mine).values(state=SENDING, leased_by=owner)
    connection.execute(leased.values(leased_until=until, queued_at=queued_at))
    found = connection.execute(
        select(
            mails.c.id,
            mails.c.message_id,
            envelopes.c.recipient,
            mails.c.content,
            envelopes.c.attempts,
            envelopes.c.queued_at,
            envelopes.c.tried_at,
        )
        .join(envelopes, envelopes.c.mail_id == mails.c.id)
        .where(mine)
        .order_by(envelopes.c.priority, envelopes.c.due_at, envelopes.c.mail_id)
    )
    return [ClaimedMail(*row) for row in found]


def _is_due(now: datetime) -> ColumnElement[bool]:
    """Return a condition for mails to send now.

    Clocks can be wrong. So a mail is also due if it was queued in the future, or if it is due later
    than any pause lasts.
    """
    columns = envelopes.c
    stored_by_wrong_clock = or_(columns.queued_at > now, columns.due_at > now + LONGEST_PAUSE)
    return and_(columns.state == QUEUED, or_(columns.due_at <= now, stored_by_wrong_clock))


def _is_abandoned(owner: str, now: datetime) -> ColumnElement[bool]:
    is_free = or_(envelopes.c.leased_until < now, envelopes.c.leased_by == owner)
    return and_(envelopes.c.state == SENDING, is_free)


def renew_leases(connection: Connection, owner: str, until: datetime) -> None:
    """Extend all leases of ``owner``."""
    mine = and_(envelopes.c.state == SENDING, envelopes.c.leased_by == owner)
    connection.execute(update(envelopes).where(mine).values(leased_until=until))


def release_leases(connection: Connection, owner: str) -> None:
    """Queue all mails again that ``owner`` has leased, unchanged."""
    mine = and_(envelopes.c.state == SENDING, envelopes.c.leased_by == owner)
    connection.execute(
        update(envelopes).where(mine).values(state=QUEUED, leased_by=None, leased_until=None)
    )


def settle(
    connection: Connection, owner: str, mail_id: int, outcome: Outcome, now: datetime
) -> bool:
    """Store the outcome of an attempt. Return whether ``owner`` still had the lease."""
    mine = and_(
        envelopes.c.mail_id == mail_id,
        envelopes.c.state == SENDING,
        envelopes.c.leased_by == owner,
    )
    values: dict[str, object] = {"state": outcome.state, "answer": outcome.answer}
    values |= {"settled_at": now} if outcome.due_at is None else {"due_at": outcome.due_at}
    settled = (
        update(envelopes)
        .where(mine)
        .values(
            attempts=envelopes.c.attempts + 1,
            tried_at=func.coalesce(envelopes.c.tried_at, bindparam("now", now, UtcTime)),
            leased_by=None,
            leased_until=None,
            **values,
        )
    )
    return connection.execute(settled).rowcount == 1


def retry(connection: Connection, mail_ids: Sequence[int], now: datetime) -> int:
    """Queue mails again that failed, expired or wait. Return how many there were."""
    states = (FAILED, EXPIRED, QUEUED)
    which = and_(envelopes.c.mail_id.in_(mail_ids), envelopes.c.state.in_(states))
    # An expired mail would expire again if its former attempts counted.
    queued = update(envelopes).where(which).values(state=QUEUED, due_at=now, queued_at=now)
    fresh = queued.values(attempts=0, tried_at=None, settled_at=None)
    return connection.execute(fresh).rowcount


def withhold(connection: Connection, mail_ids: Sequence[int], now: datetime, answer: str) -> int:
    """Mark mails as failed that wait, or whose lease has run out. Return how many there were."""
    unleased = and_(envelopes.c.state == SENDING, envelopes.c.leased_until < now)
    which = and_(envelopes.c.mail_id.in_(mail_ids), or_(envelopes.c.state == QUEUED, unleased))
    withheld = update(envelopes).where(which)
    withheld = withheld.values(
        state=FAILED, settled_at=now, answer=answer, leased_by=None, leased_until=None
    )
    return connection.execute(withheld).rowcount


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
