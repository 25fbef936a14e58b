"""What mails tell of: each topic beside its mail, to be looked for by quota and selector labels."""

from collections.abc import Mapping, Sequence

from sqlalchemy import ColumnElement, Connection, Select, and_, func, insert, select

from quotas import names
from webhook.mail.topics import Topic
from webhook.store.tables import topics
from webhook.text import clean_line

# What topics can be looked for by.
LOOKED_FOR = (names.QUOTA, *names.SELECTOR_LABELS)
_TOLD = ("kind", "percent", "calendar", "period")


def add_topics(connection: Connection, mail_id: int, told: Sequence[Topic]) -> None:
    """Store what a mail tells of."""
    rows = [
        {
            "mail_id": mail_id,
            "position": position,
            "quota": clean_line(topic.quota),
            **{name: _storable(topic.selector.get(name, "")) for name in names.SELECTOR_LABELS},
            **{name: getattr(topic, name) for name in _TOLD},
        }
        for position, topic in enumerate(told)
    ]
    if rows:
        connection.execute(insert(topics), rows)


def find_topics(
    connection: Connection, mail_ids: Sequence[int], wanted: Mapping[str, str], most: int
) -> dict[int, list[Topic]]:
    """Return what these mails tell of, in order, as far as it is looked for.

    Args:
        connection: a transaction.
        mail_ids: the mails.
        wanted: a quota and values of selector labels; an empty one is that of no label.
        most: how many of each mail at most, the first ones.

    """
    order = func.row_number().over(partition_by=topics.c.mail_id, order_by=topics.c.position)
    which = and_(topics.c.mail_id.in_(mail_ids), *_conditions(wanted))
    numbered = select(topics, order.label("number")).where(which).subquery()
    columns = numbered.c
    query = (
        select(
            columns.mail_id,
            columns.quota,
            *(columns[name] for name in _TOLD),
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


def mails_about(wanted: Mapping[str, str]) -> Select[tuple[int]]:
    """Return the query of the ids of mails with a topic that is looked for."""
    return select(topics.c.mail_id).where(*_conditions(wanted))


def _conditions(wanted: Mapping[str, str]) -> list[ColumnElement[bool]]:
    return [topics.c[name] == _storable(value) for name, value in wanted.items()]


def _storable(text: str) -> str:
    """Return a text that any database can hold: without NUL and halves of surrogate pairs.

    Nothing is cut, lest two long names become one.
    """
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")
