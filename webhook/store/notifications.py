"""Lists mails with their state, newest first.

The command ``outbox`` and GET /notifications show them. ``past_notifications`` is another table: it
prevents a second mail about the same event.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, or_, select

from quotas import names
from webhook.store.tables import envelopes, mails
from webhook.store.topics import TOPIC_FILTERS, Topic, find_topics, mails_with_topic

# The largest number of topics that are shown for one mail.
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

_MAIL_FILTERS = {"state": envelopes.c.state, "recipient": envelopes.c.recipient}
# What mails can be filtered by.
FILTERS = (*_MAIL_FILTERS, *TOPIC_FILTERS)


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
    connection: Connection, filters: Mapping[str, Any], limit: int, before: int | None = None
) -> Sequence[Notification]:
    """Return mails, newest first.

    Args:
        connection: a transaction.
        filters: values of FILTERS. An empty value of a selector label matches mails with a topic
            that lacks this label.
        limit: the largest number of mails.
        before: only mails that are older than the one with this id.

    """
    query = _joined().order_by(mails.c.id.desc()).limit(limit)
    for name, column in _MAIL_FILTERS.items():
        if name in filters:
            query = query.where(column == filters[name])
    topic_filters = _topic_filters(filters)
    if topic_filters:
        query = query.where(_matches_topic(topic_filters))
    if before is not None:
        query = query.where(mails.c.id < before)
    return [Notification(*row) for row in connection.execute(query)]


def list_topics(
    connection: Connection, found: Sequence[Notification], filters: Mapping[str, Any]
) -> list[Sequence[Topic]]:
    """Return the topics of each mail that match the filters, at most MOST_TOPICS of a mail."""
    mail_ids = [mail.id for mail in found]
    topics = find_topics(connection, mail_ids, _topic_filters(filters), MOST_TOPICS)
    return [topics.get(mail_id, ()) for mail_id in mail_ids]


def get_notification(connection: Connection, mail_id: int) -> tuple[Notification, bytes] | None:
    """Return a mail and its content, or None if there is no mail with this id."""
    query = _joined().add_columns(mails.c.content).where(mails.c.id == mail_id)
    row = connection.execute(query).first()
    return None if row is None else (Notification(*row[:-1]), row[-1])


def _topic_filters(filters: Mapping[str, Any]) -> dict[str, str]:
    return {name: filters[name] for name in TOPIC_FILTERS if name in filters}


def _matches_topic(filters: Mapping[str, str]) -> ColumnElement[bool]:
    matches = mails.c.id.in_(mails_with_topic(filters))
    if set(filters) != {names.QUOTA}:
        return matches
    # Mails of versions without topics have only the name of their quota.
    return or_(matches, mails.c.quota == filters[names.QUOTA])


def _joined() -> Select[Any]:
    return select(*_COLUMNS).join_from(mails, envelopes)
