"""Mails that failed or expired, so that somebody has to do something."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, func, select, update

from webhook.store.tables import EXPIRED, FAILED, envelopes, mails

# The answer of a mail that an operator did not want to be sent. It counts as delivered here.
WITHHELD = "withheld by hand"
# How long /readyz and /metrics show such a mail.
RECENT = timedelta(days=1)
_MOST_AT_ONCE = 1_000


@dataclass(frozen=True)
class UndeliveredMail:
    """A mail that failed or expired. ``answer`` is the server's last reply."""

    mail_id: int
    recipient: str
    subject: str
    state: str
    answer: str


def count_undelivered(connection: Connection, now: datetime) -> int:
    """Return how many mails have failed or expired within RECENT and were not queued again."""
    query = select(func.count()).select_from(envelopes)
    found = query.where(_is_undelivered(), envelopes.c.settled_at >= now - RECENT)
    return connection.execute(found).scalar_one()


def has_unreported(connection: Connection) -> bool:
    """Return whether there are such mails that nobody was notified of."""
    query = select(envelopes.c.mail_id).where(_is_undelivered(), _is_unreported())
    return connection.execute(query.limit(1)).first() is not None


def take_unreported(
    connection: Connection, now: datetime, pause: timedelta
) -> Sequence[UndeliveredMail]:
    """Return mails that nobody was notified of, oldest first, and mark them as reported.

    A recipient of whom people were notified within ``pause`` is left for later.
    """
    columns = envelopes.c
    lately = select(columns.recipient).where(
        _is_undelivered(), columns.reported_at > now - pause, columns.reported_at <= now
    )
    query = (
        select(mails.c.id, columns.recipient, mails.c.subject, columns.state, columns.answer)
        .join_from(envelopes, mails)
        .where(_is_undelivered(), _is_unreported(), columns.recipient.not_in(lately))
        .order_by(columns.settled_at, mails.c.id)
        .limit(_MOST_AT_ONCE)
        .with_for_update(of=envelopes, skip_locked=True)
    )
    found = [UndeliveredMail(*row) for row in connection.execute(query)]
    reported = update(envelopes).where(columns.mail_id.in_([mail.mail_id for mail in found]))
    connection.execute(reported.values(reported_at=now))
    return found


def mark_reported(connection: Connection, message_ids: Sequence[str], now: datetime) -> None:
    """Mark mails so that nobody is notified if they fail or expire."""
    ids = select(mails.c.id).where(mails.c.message_id.in_(message_ids))
    which = update(envelopes).where(envelopes.c.mail_id.in_(ids))
    connection.execute(which.values(reported_at=now))


def _is_undelivered() -> ColumnElement[bool]:
    return and_(envelopes.c.state.in_((FAILED, EXPIRED)), envelopes.c.answer != WITHHELD)


def _is_unreported() -> ColumnElement[bool]:
    return envelopes.c.reported_at.is_(None)
