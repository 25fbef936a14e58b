"""Who was told of what, so that nobody is told twice."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, delete, or_, select, update

from webhook.alerts.dedup import Identity
from webhook.store.tables import told
from webhook.store.upserts import insert_new

# A quota over a rolling window that goes up and down around a threshold is told once a day.
RECURS_AFTER = timedelta(days=1)
_SUBJECTS_AT_ONCE = 500


class RaceError(Exception):
    """Somebody else has told of the same meanwhile: look again."""


@dataclass(frozen=True)
class Telling:
    """That a recipient was told: up to which threshold, when, and when that was over."""

    percent: float
    told_at: datetime
    ended_at: datetime | None


Tellings = Mapping[tuple[str, str], Sequence[Telling]]


def find_told(connection: Connection, subjects: Iterable[str]) -> Tellings:
    """Return what was told of these subjects, by subject and recipient."""
    found: dict[tuple[str, str], list[Telling]] = {}
    columns = (told.c.subject, told.c.recipient, told.c.percent, told.c.told_at, told.c.ended_at)
    ordered = sorted(set(subjects))
    for start in range(0, len(ordered), _SUBJECTS_AT_ONCE):
        some = ordered[start : start + _SUBJECTS_AT_ONCE]
        query = select(*columns).where(told.c.subject.in_(some))
        for subject, recipient, *telling in connection.execute(query):
            found.setdefault((subject, recipient), []).append(Telling(*telling))
    return found


def is_told(identity: Identity, recipient: str, tellings: Tellings, now: datetime) -> bool:
    """Return whether this recipient knows it already."""
    known = tellings.get((identity.subject, recipient), ())
    return any(
        telling.percent >= identity.percent and not _is_anew(identity, telling, now)
        for telling in known
    )


def knows_beginning(identity: Identity, recipient: str, tellings: Tellings) -> bool:
    """Return whether this recipient was told of it, or of more, since it began.

    That it began anew, and nobody was told, shows in its start after what was told and is over.
    """
    known = tellings.get((identity.subject, recipient), ())
    return any(
        t.ended_at is None or (identity.starts_at is not None and identity.starts_at <= t.told_at)
        for t in known
        if t.percent >= identity.percent
    )


def _is_anew(identity: Identity, telling: Telling, now: datetime) -> bool:
    if not identity.recurs or telling.ended_at is None or identity.starts_at is None:
        return False
    return identity.starts_at > telling.ended_at and now - telling.told_at >= RECURS_AFTER


def add_told(
    connection: Connection, news: Iterable[tuple[Identity, str]], tellings: Tellings, now: datetime
) -> None:
    """Note that these recipients are told of these, of which they did not know.

    Raises:
        RaceError: one was told since ``tellings`` were read; the transaction must be undone.

    """
    # In one order, so that two that write the same never wait for each other in turns.
    ordered = sorted(set(news), key=lambda entry: (entry[0].subject, entry[1]))
    for identity, recipient in ordered:
        if identity.recurs and (identity.subject, recipient) in tellings:
            _forget(connection, identity, recipient, tellings[identity.subject, recipient])
    rows = [
        {
            "subject": identity.subject,
            "recipient": recipient,
            "percent": identity.percent,
            "told_at": now,
        }
        for identity, recipient in ordered
    ]
    if rows and insert_new(connection, told, rows) != len(rows):
        raise RaceError


def _forget(
    connection: Connection, identity: Identity, recipient: str, known: Sequence[Telling]
) -> None:
    """Remove what is told anew; exactly that which was seen."""
    over = [t for t in known if t.percent >= identity.percent and t.ended_at is not None]
    if not over:
        return
    seen = or_(*(and_(told.c.percent == t.percent, told.c.told_at == t.told_at) for t in over))
    mine = and_(told.c.subject == identity.subject, told.c.recipient == recipient)
    if connection.execute(delete(told).where(mine, seen)).rowcount != len(over):
        raise RaceError


def end_told(connection: Connection, passed: Identity, at: datetime) -> None:
    """Note that a quota over a rolling window is below this threshold since ``at``."""
    mine = and_(told.c.subject == passed.subject, told.c.percent >= passed.percent)
    connection.execute(update(told).where(mine, told.c.ended_at.is_(None)).values(ended_at=at))


def purge_told(connection: Connection, before: datetime) -> int:
    """Forget what was told before this time, and return how much that was."""
    return connection.execute(delete(told).where(told.c.told_at < before)).rowcount
