"""Claiming mails for a delivery process, and storing what became of them.

A claimed mail is leased to its process. Another process sends it only after the lease has run out
by the database's clock, and if the first process does not live any more. So no mail is sent twice
because of a clock that is wrong, and none because of a connection to the database that breaks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
    update,
)

from webhook.store.sending.presence import is_present
from webhook.store.tables import QUEUED, SENDING, SENT, UtcTime, envelopes, mails

# The longest pause between two attempts. A mail that is due later was stored by a wrong clock.
LONGEST_PAUSE = timedelta(minutes=30)
# The same for leases.
LONGEST_LEASE = timedelta(minutes=10)


@dataclass(frozen=True)
class ClaimedMail:
    """A mail that one delivery process has leased to send it.

    ``attempts`` and ``tried_at`` are the number of former attempts and the time of the first one.
    ``wanted_chart`` describes the chart that must be added, or given up, before the first attempt.
    """

    mail_id: int
    message_id: str
    recipient: str
    content: bytes
    attempts: int
    queued_at: datetime
    tried_at: datetime | None = None
    wanted_chart: str | None = None


@dataclass(frozen=True)
class Outcome:
    """The result of an attempt: the new state, the server's answer, and any time of a retry."""

    state: str
    answer: str = ""
    due_at: datetime | None = None


def has_work(connection: Connection, owner: str, now: datetime) -> bool:
    """Return whether a mail is due or was abandoned, so that ``claim`` would find one."""
    return any(
        connection.execute(select(envelopes.c.mail_id).where(which).limit(1)).first() is not None
        for which in (_is_due(now), _is_abandoned(connection, owner, now))
    )


def claim(
    connection: Connection, owner: str, now: datetime, until: datetime, most: int
) -> list[ClaimedMail]:
    """Lease at most ``most`` due mails to ``owner``, by priority. Nobody else sends them meanwhile.

    An owner must be finished with its former mails before it claims more. A mail that is still
    leased to it was abandoned after a failure, and is queued again.
    """
    free_abandoned(connection, owner, now)
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
            envelopes.c.wanted_chart,
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


def _is_abandoned(connection: Connection, owner: str, now: datetime) -> ColumnElement[bool]:
    """Return a condition for mails that no process sends any more."""
    columns = envelopes.c
    is_leased = columns.state == SENDING
    # An owner has finished its former mails before it asks.
    others = select(columns.leased_by).where(is_leased, columns.leased_by != owner).distinct()
    names = connection.execute(others).scalars()
    gone = [name for name in names if not is_present(connection, name)]
    is_over = or_(columns.leased_until < now, columns.leased_until > now + LONGEST_LEASE)
    return and_(
        is_leased, or_(columns.leased_by == owner, and_(columns.leased_by.in_(gone), is_over))
    )


def free_abandoned(connection: Connection, owner: str, now: datetime) -> None:
    """Queue the mails again that no process sends any more."""
    abandoned = update(envelopes).where(_is_abandoned(connection, owner, now))
    connection.execute(abandoned.values(state=QUEUED, leased_by=None, leased_until=None))


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
            **values,
            **_tried(now),
        )
    )
    return connection.execute(settled).rowcount == 1


def postpone(
    connection: Connection, owner: str, mail_ids: Sequence[int], due_at: datetime, now: datetime
) -> None:
    """Queue mails of ``owner`` again for later, without counting their attempt."""
    mine = and_(
        envelopes.c.mail_id.in_(mail_ids),
        envelopes.c.state == SENDING,
        envelopes.c.leased_by == owner,
    )
    queued = update(envelopes).where(mine).values(state=QUEUED, due_at=due_at, **_tried(now))
    connection.execute(queued)


def has_accepted_since(connection: Connection, since: datetime, but_of: str) -> bool:
    """Return whether the server has accepted mails since then, except those of one recipient."""
    query = select(envelopes.c.mail_id).where(
        envelopes.c.state == SENT, envelopes.c.settled_at > since, envelopes.c.recipient != but_of
    )
    return connection.execute(query.limit(1)).first() is not None


def _tried(now: datetime) -> dict[str, Any]:
    """Return the values of a mail that was tried and is not leased any more."""
    tried_at = func.coalesce(envelopes.c.tried_at, bindparam("now", now, UtcTime))
    return {"tried_at": tried_at, "leased_by": None, "leased_until": None}
