"""Who was notified of what: queries on the table ``told``.

``webhook.alerts.dedup`` builds the keys and decides what the rows mean.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, delete, or_, select, update

from webhook.store.tables import notified
from webhook.store.upserts import insert_new

_SUBJECTS_PER_QUERY = 500


class RaceError(Exception):
    """Another process has notified of the same event meanwhile. Read the rows again and retry."""


@dataclass(frozen=True)
class DedupKey:
    """The key under which each recipient is notified of an event once.

    ``subject`` is a digest of what the event is about. ``percent`` is the threshold, or 0 if there
    is none; a notification covers all lower thresholds of the same subject. ``recurs`` is true for
    a threshold over a rolling window, which has no periods: people are notified again if the quota
    was below the threshold in between. ``starts_at`` is when the alert started, if it is known.
    """

    subject: str
    percent: float = 0.0
    recurs: bool = False
    starts_at: datetime | None = None


@dataclass(frozen=True)
class PastNotification:
    """That a recipient was notified: up to which threshold, when, and when that ended (UTC)."""

    percent: float
    notified_at: datetime
    ended_at: datetime | None


# By subject and recipient.
PastNotifications = Mapping[tuple[str, str], Sequence[PastNotification]]


def find_notified(connection: Connection, subjects: Iterable[str]) -> PastNotifications:
    """Return all past notifications about these subjects."""
    found: dict[tuple[str, str], list[PastNotification]] = {}
    columns = notified.c
    selected = select(
        columns.subject, columns.recipient, columns.percent, columns.told_at, columns.ended_at
    )
    ordered = sorted(set(subjects))
    for start in range(0, len(ordered), _SUBJECTS_PER_QUERY):
        some = ordered[start : start + _SUBJECTS_PER_QUERY]
        query = selected.where(columns.subject.in_(some))
        for subject, recipient, *values in connection.execute(query):
            found.setdefault((subject, recipient), []).append(PastNotification(*values))
    return found


def add_notified(
    connection: Connection,
    added: Iterable[tuple[DedupKey, str]],
    past: PastNotifications,
    now: datetime,
) -> None:
    """Store that these recipients are notified under these keys.

    A recurring key replaces the ended notifications that it covers.

    Args:
        connection: a transaction that writes.
        added: keys and recipients.
        past: what ``find_notified`` returned for their subjects.
        now: the time of the notification.

    Raises:
        RaceError: the rows have changed since ``past`` was read. Roll the transaction back.

    """
    # Sorted, so that two transactions with the same rows lock them in the same order.
    ordered = sorted(set(added), key=lambda entry: (entry[0].subject, entry[1]))
    for key, recipient in ordered:
        if key.recurs and (key.subject, recipient) in past:
            _remove_ended(connection, key, recipient, past[key.subject, recipient])
    rows = [
        {"subject": key.subject, "recipient": recipient, "percent": key.percent, "told_at": now}
        for key, recipient in ordered
    ]
    if rows and insert_new(connection, notified, rows) != len(rows):
        raise RaceError


def _remove_ended(
    connection: Connection, key: DedupKey, recipient: str, past: Sequence[PastNotification]
) -> None:
    """Remove exactly the ended rows in ``past`` that ``key`` covers, or raise RaceError."""
    ended = [p for p in past if p.percent >= key.percent and p.ended_at is not None]
    if not ended:
        return
    columns = notified.c
    rows = or_(
        *(and_(columns.percent == p.percent, columns.told_at == p.notified_at) for p in ended)
    )
    mine = and_(columns.subject == key.subject, columns.recipient == recipient)
    if connection.execute(delete(notified).where(mine, rows)).rowcount != len(ended):
        raise RaceError


def mark_ended(connection: Connection, key: DedupKey, at: datetime) -> None:
    """Store that a quota over a rolling window is below this threshold since ``at``."""
    covered = and_(notified.c.subject == key.subject, notified.c.percent >= key.percent)
    ended = update(notified).where(covered, notified.c.ended_at.is_(None)).values(ended_at=at)
    connection.execute(ended)


def purge_notified(connection: Connection, before: datetime) -> int:
    """Remove notifications from before this time. Return how many were removed."""
    return connection.execute(delete(notified).where(notified.c.told_at < before)).rowcount
