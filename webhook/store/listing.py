"""What the outbox holds, for people: mails with what became of them, newest first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, select

from webhook.store.tables import envelopes, mails

_COLUMNS = (
    mails.c.id,
    mails.c.message_id,
    mails.c.quota,
    mails.c.subject,
    *(
        envelopes.c[name]
        for name in (
            "recipient",
            "state",
            "attempts",
            "queued_at",
            "due_at",
            "settled_at",
            "answer",
        )
    ),
)

# What mails can be looked for by.
FILTERS = {
    "quota": mails.c.quota,
    "state": envelopes.c.state,
    "recipient": envelopes.c.recipient,
}


@dataclass(frozen=True)
class Notification:
    """A mail without its content. Times are aware, in UTC."""

    id: int
    message_id: str
    quota: str
    subject: str
    recipient: str
    state: str
    attempts: int
    queued_at: datetime
    due_at: datetime
    settled_at: datetime | None
    answer: str


def list_notifications(
    connection: Connection, wanted: Mapping[str, Any], limit: int, before: int | None = None
) -> Sequence[Notification]:
    """Return mails, newest first.

    Args:
        connection: a transaction.
        wanted: values of quota, state and recipient; what is not there is not looked at.
        limit: how many at most.
        before: only those older than the one with this id.

    """
    query = _joined().order_by(mails.c.id.desc()).limit(limit)
    for name, value in wanted.items():
        query = query.where(FILTERS[name] == value)
    if before is not None:
        query = query.where(mails.c.id < before)
    return [Notification(*row) for row in connection.execute(query)]


def get_notification(connection: Connection, mail_id: int) -> tuple[Notification, bytes] | None:
    """Return a mail and its content, or None where there is none with this id."""
    query = _joined().add_columns(mails.c.content).where(mails.c.id == mail_id)
    row = connection.execute(query).first()
    return None if row is None else (Notification(*row[:-1]), row[-1])


def _joined() -> Select[Any]:
    return select(*_COLUMNS).join_from(mails, envelopes)
