"""What the outbox holds, for people: mails with what became of them, newest first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, or_, select

from quotas import names
from webhook.mail.topics import Topic
from webhook.store.tables import envelopes, mails
from webhook.store.topics import LOOKED_FOR, find_topics, mails_about

# How many topics of one mail are shown.
MOST_TOPICS = 100

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

# What mails can be looked for by, beside what they tell of.
_FILTERS = {"state": envelopes.c.state, "recipient": envelopes.c.recipient}
FILTERS = (*_FILTERS, *LOOKED_FOR)


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
        wanted: values of FILTERS; what is not there is not looked at. An empty one of a selector
            label is that of topics without this label.
        limit: how many at most.
        before: only those older than the one with this id.

    """
    query = _joined().order_by(mails.c.id.desc()).limit(limit)
    for name, column in _FILTERS.items():
        if name in wanted:
            query = query.where(column == wanted[name])
    about = _about(wanted)
    if about:
        query = query.where(_is_about(about))
    if before is not None:
        query = query.where(mails.c.id < before)
    return [Notification(*row) for row in connection.execute(query)]


def list_topics(
    connection: Connection, found: Sequence[Notification], wanted: Mapping[str, Any]
) -> list[Sequence[Topic]]:
    """Return what each mail tells of, as far as that is wanted, MOST_TOPICS of a mail at most."""
    topics = find_topics(connection, [mail.id for mail in found], _about(wanted), MOST_TOPICS)
    return [topics.get(mail.id, ()) for mail in found]


def get_notification(connection: Connection, mail_id: int) -> tuple[Notification, bytes] | None:
    """Return a mail and its content, or None where there is none with this id."""
    query = _joined().add_columns(mails.c.content).where(mails.c.id == mail_id)
    row = connection.execute(query).first()
    return None if row is None else (Notification(*row[:-1]), row[-1])


def _about(wanted: Mapping[str, Any]) -> dict[str, str]:
    return {name: wanted[name] for name in LOOKED_FOR if name in wanted}


def _is_about(about: Mapping[str, str]) -> ColumnElement[bool]:
    told = mails.c.id.in_(mails_about(about))
    # Mails from before there were topics tell their quota alone.
    return or_(told, mails.c.quota == about[names.QUOTA]) if set(about) == {names.QUOTA} else told


def _joined() -> Select[Any]:
    return select(*_COLUMNS).join_from(mails, envelopes)
