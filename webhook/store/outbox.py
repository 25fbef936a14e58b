"""The outbox: mails that wait, are being sent, and were sent, each with its one envelope."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from webhook.mail.message import Mail
from webhook.store.tables import (
    EXPIRED,
    FAILED,
    QUEUED,
    SENDING,
    SENT,
    envelopes,
    mails,
)
from webhook.store.topics import add_topics

_PURGE_AT_ONCE = 500


@dataclass(frozen=True)
class Claimed:
    """A mail to be sent by whoever has the lease."""

    mail_id: int
    message_id: str
    recipient: str
    content: bytes
    attempts: int
    queued_at: datetime


@dataclass(frozen=True)
class Outcome:
    """What became of a mail: its state, the server's answer, and when it is tried again, if so."""

    state: str
    answer: str = ""
    due_at: datetime | None = None


def add_mails(connection: Connection, written: Sequence[Mail], now: datetime) -> None:
    """Queue mails, as they are to be sent, each with what it tells of."""
    for mail in written:
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


def is_work(connection: Connection, owner: str, now: datetime) -> bool:
    """Return whether a mail is due, or was left behind."""
    due = and_(envelopes.c.state == QUEUED, envelopes.c.due_at <= now)
    return any(
        connection.execute(select(envelopes.c.mail_id).where(which).limit(1)).first() is not None
        for which in (due, _left_behind(owner, now))
    )


def claim(
    connection: Connection, owner: str, now: datetime, until: datetime, most: int
) -> list[Claimed]:
    """Lease the mails that are due, the gravest first; nobody else sends them until then.

    Who claims has nothing in hand: what is still leased to them, a failure has left behind.
    """
    left = update(envelopes).where(_left_behind(owner, now))
    connection.execute(left.values(state=QUEUED, leased_by=None, leased_until=None))
    due = (
        select(envelopes.c.mail_id)
        .where(envelopes.c.state == QUEUED, envelopes.c.due_at <= now)
        .order_by(envelopes.c.priority, envelopes.c.due_at, envelopes.c.mail_id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    chosen = list(connection.execute(due).scalars())
    if not chosen:
        return []
    mine = envelopes.c.mail_id.in_(chosen)
    connection.execute(
        update(envelopes).where(mine).values(state=SENDING, leased_by=owner, leased_until=until)
    )
    found = connection.execute(
        select(
            mails.c.id,
            mails.c.message_id,
            envelopes.c.recipient,
            mails.c.content,
            envelopes.c.attempts,
            envelopes.c.queued_at,
        )
        .join(envelopes, envelopes.c.mail_id == mails.c.id)
        .where(mine)
        .order_by(envelopes.c.priority, envelopes.c.due_at, envelopes.c.mail_id)
    )
    return [Claimed(*row) for row in found]


def _left_behind(owner: str, now: datetime) -> ColumnElement[bool]:
    mine = or_(envelopes.c.leased_until < now, envelopes.c.leased_by == owner)
    return and_(envelopes.c.state == SENDING, mine)


def renew(connection: Connection, owner: str, until: datetime) -> None:
    """Keep the leases that one has."""
    mine = and_(envelopes.c.state == SENDING, envelopes.c.leased_by == owner)
    connection.execute(update(envelopes).where(mine).values(leased_until=until))


def release(connection: Connection, owner: str) -> None:
    """Give back what one has in hand, as it was."""
    mine = and_(envelopes.c.state == SENDING, envelopes.c.leased_by == owner)
    connection.execute(
        update(envelopes).where(mine).values(state=QUEUED, leased_by=None, leased_until=None)
    )


def settle(
    connection: Connection, owner: str, mail_id: int, outcome: Outcome, now: datetime
) -> bool:
    """Note what became of a mail; return whether one still had its lease."""
    mine = and_(
        envelopes.c.mail_id == mail_id,
        envelopes.c.state == SENDING,
        envelopes.c.leased_by == owner,
    )
    values: dict[str, object] = {"state": outcome.state, "answer": outcome.answer}
    values |= {"settled_at": now} if outcome.due_at is None else {"due_at": outcome.due_at}
    done = update(envelopes).where(mine)
    done = done.values(
        attempts=envelopes.c.attempts + 1, leased_by=None, leased_until=None, **values
    )
    return connection.execute(done).rowcount == 1


def expire(connection: Connection, queued_before: datetime, now: datetime, answer: str) -> int:
    """Give up mails that have waited too long; return how many these were."""
    old = and_(envelopes.c.state == QUEUED, envelopes.c.queued_at < queued_before)
    given_up = update(envelopes).where(old).values(state=EXPIRED, settled_at=now, answer=answer)
    return connection.execute(given_up).rowcount


def retry(connection: Connection, mail_ids: Sequence[int], now: datetime) -> int:
    """Queue mails again that failed, expired or wait; return how many these were."""
    which = and_(
        envelopes.c.mail_id.in_(mail_ids), envelopes.c.state.in_((FAILED, EXPIRED, QUEUED))
    )
    # Their age counts from now on, else what has expired would expire again.
    again = update(envelopes).where(which)
    again = again.values(state=QUEUED, due_at=now, queued_at=now, attempts=0, settled_at=None)
    return connection.execute(again).rowcount


def withhold(connection: Connection, mail_ids: Sequence[int], now: datetime, answer: str) -> int:
    """Let mails that wait, or whose lease has passed, fail; return how many these were."""
    left = and_(envelopes.c.state == SENDING, envelopes.c.leased_until < now)
    which = and_(envelopes.c.mail_id.in_(mail_ids), or_(envelopes.c.state == QUEUED, left))
    withheld = update(envelopes).where(which)
    withheld = withheld.values(
        state=FAILED, settled_at=now, answer=answer, leased_by=None, leased_until=None
    )
    return connection.execute(withheld).rowcount


def purge(connection: Connection, settled_before: datetime) -> int:
    """Delete some mails that were sent, failed or expired before this time; return how many."""
    states = (SENT, FAILED, EXPIRED)
    old = (
        select(envelopes.c.mail_id)
        .where(envelopes.c.state.in_(states), envelopes.c.settled_at < settled_before)
        .limit(_PURGE_AT_ONCE)
    )
    chosen = list(connection.execute(old).scalars())
    connection.execute(delete(mails).where(mails.c.id.in_(chosen)))
    return len(chosen)


def count_states(connection: Connection) -> dict[str, int]:
    """Return how many mails are in each state."""
    query = select(envelopes.c.state, func.count()).group_by(envelopes.c.state)
    rows = connection.execute(query).all()
    return {str(row[0]): int(row[1]) for row in rows}


def oldest_waiting(connection: Connection) -> datetime | None:
    """Return when the oldest mail was queued that is not settled yet."""
    query = select(func.min(envelopes.c.queued_at))
    found: datetime | None = connection.execute(
        query.where(envelopes.c.state.in_((QUEUED, SENDING)))
    ).scalar_one()
    return found
