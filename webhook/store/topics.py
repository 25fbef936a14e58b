"""What mails are about: topics, stored beside their mail and found by quota and selector labels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Select, and_, func, insert, select

from quotas import names
from webhook.store.tables import topics
from webhook.text import clean_line

# The kinds of topics, as the database and the HTTP interfaces name them: a threshold was reached,
# 100 % is expected, or the usage (or forecast) is below the threshold again. "over" is short for
# "this is over". It does not mean "over the limit".
USAGE, FORECAST, BELOW_AGAIN = "usage", "forecast", "over"

# What topics can be filtered by.
TOPIC_FILTERS = (names.QUOTA, *names.SELECTOR_LABELS)
_PLAIN_COLUMNS = ("kind", "percent", "calendar", "period")


@dataclass(frozen=True)
class Topic:
    """One quota event in a mail.

    ``kind`` is USAGE, FORECAST or BELOW_AGAIN. ``selector`` has the selector labels of the alert,
    which identify the entry of the quota. ``period`` is the id of the period. It is empty for a
    rolling window and if the id is unknown.
    """

    quota: str
    selector: Mapping[str, str]
    kind: str
    percent: float
    calendar: str
    period: str


def add_topics(connection: Connection, mail_id: int, added: Sequence[Topic]) -> None:
    """Store the topics of a mail."""
    rows = [
        {
            "mail_id": mail_id,
            "position": position,
            "quota": clean_line(topic.quota),
            **{name: _storable(topic.selector.get(name, "")) for name in names.SELECTOR_LABELS},
            **{name: getattr(topic, name) for name in _PLAIN_COLUMNS},
        }
        for position, topic in enumerate(added)
    ]
    if rows:
        connection.execute(insert(topics), rows)


def find_topics(
    connection: Connection, mail_ids: Sequence[int], filters: Mapping[str, str], most: int
) -> dict[int, list[Topic]]:
    """Return the topics of these mails that match the filters, by mail id and in order.

    Args:
        connection: a transaction.
        mail_ids: the mails.
        filters: values of TOPIC_FILTERS. An empty value matches topics without this label.
        most: the largest number of topics for each mail.

    """
    number = func.row_number().over(partition_by=topics.c.mail_id, order_by=topics.c.position)
    which = and_(topics.c.mail_id.in_(mail_ids), *_conditions(filters))
    numbered = select(topics, number.label("number")).where(which).subquery()
    columns = numbered.c
    query = (
        select(
            columns.mail_id,
            columns.quota,
            *(columns[name] for name in _PLAIN_COLUMNS),
            *(columns[name] for name in names.SELECTOR_LABELS),
        )
        .where(columns.number <= most)
        .order_by(columns.mail_id, columns.position)
    )
    found: dict[int, list[Topic]] = {}
    for mail_id, quota, kind, percent, calendar, period, *values in connection.execute(query):
        pairs = zip(names.SELECTOR_LABELS, values, strict=True)
        selector = {name: value for name, value in pairs if value}
        topic = Topic(quota, selector, kind, percent, calendar, period)
        found.setdefault(mail_id, []).append(topic)
    return found


def mails_with_topic(filters: Mapping[str, str]) -> Select[tuple[int]]:
    """Return a query of the ids of mails that have a topic which matches the filters."""
    return select(topics.c.mail_id).where(*_conditions(filters))


def _conditions(filters: Mapping[str, str]) -> list[ColumnElement[bool]]:
    return [topics.c[name] == _storable(value) for name, value in filters.items()]


def _storable(text: str) -> str:
    """Return ``text`` without NUL and single surrogates, which not every database can store.

    The text is never shortened, because two long names could become the same.
    """
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")
