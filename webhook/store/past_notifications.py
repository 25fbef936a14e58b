"""Past notifications: who was notified of what, and when. The table is called ``told``.

``webhook.alerts.dedup`` makes the keys and decides who is notified again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, delete, or_, select, update

from webhook.store.tables import past_notifications
from webhook.store.upserts import insert_new

_DIGESTS_PER_QUERY = 500


class RaceError(Exception):
    """Another process has notified of the same event meanwhile. Read the rows again and retry."""


@dataclass(frozen=True)
class DedupKey:
    """The key under which each recipient is notified of an event once.

    ``digest`` is a hash of what the event is about. Its column is called ``subject``, but it has
    nothing to do with the subject of a mail. ``percent`` is the threshold, or 0 if there is none; a
    notification covers all lower thresholds with the same digest. Of an alert that concerns no
    quota it is the number of the mail: 0, then 1 for the first reminder. ``recurs`` is true for
    what can begin again after its end, such as a threshold over a rolling window, which has no
    periods. ``starts_at`` is when the alert started, if it is known.
    """

    digest: str
    percent: float = 0.0
    recurs: bool = False
    starts_at: datetime | None = None


@dataclass(frozen=True)
class PastNotification:
    """One notification of one recipient. Times are aware, in UTC.

    ``percent`` is the highest threshold it covers, or the number of the mail. ``ended_at`` is when
    the quota fell below that threshold again, or the alert ended. Quotas with periods have none.
    """

    percent: float
    notified_at: datetime
    ended_at: datetime | None


# By digest and recipient.
PastNotifications = Mapping[tuple[str, str], Sequence[PastNotification]]


def find_past_notifications(connection: Connection, digests: Iterable[str]) -> PastNotifications:
    """Return all past notifications with these digests."""
    found: dict[tuple[str, str], list[PastNotification]] = {}
    columns = past_notifications.c
    selected = select(
        columns.subject, columns.recipient, columns.percent, columns.told_at, columns.ended_at
    )
    ordered = sorted(set(digests))
    for start in range(0, len(ordered), _DIGESTS_PER_QUERY):
        some = ordered[start : start + _DIGESTS_PER_QUERY]
        query = selected.where(columns.subject.in_(some))
        for digest, recipient, *values in connection.execute(query):
            found.setdefault((digest, recipient), []).append(PastNotification(*values))
    return found


def add_past_notifications(
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
        past: what ``find_past_notifications`` returned for their digests.
        now: the time of the notification.

    Raises:
        RaceError: the rows have changed since ``past`` was read. Roll the transaction back.

    """
    # Sorted, so that two transactions with the same rows lock them in the same order.
    ordered = sorted(set(added), key=lambda entry: (entry[0].digest, entry[1]))
    for key, recipient in ordered:
        if key.recurs and (key.digest, recipient) in past:
            _remove_ended(connection, key, recipient, past[key.digest, recipient])
    rows = [
        {"subject": key.digest, "recipient": recipient, "percent": key.percent, "told_at": now}
        for key, recipient in ordered
    ]
    if rows and insert_new(connection, past_notifications, rows) != len(rows):
        raise RaceError


def _remove_ended(
    connection: Connection, key: DedupKey, recipient: str, past: Sequence[PastNotification]
) -> None:
    """Remove exactly the ended rows in ``past`` that ``key`` covers, or raise RaceError."""
    ended = [p for p in past if p.percent >= key.percent and p.ended_at is not None]
    if not ended:
        return
    columns = past_notifications.c
    rows = or_(
        *(and_(columns.percent == p.percent, columns.told_at == p.notified_at) for p in ended)
    )
    mine = and_(columns.subject == key.digest, columns.recipient == recipient)
    if connection.execute(delete(past_notifications).where(mine, rows)).rowcount != len(ended):
        raise RaceError


def mark_ended(connection: Connection, key: DedupKey, at: datetime) -> None:
    """Store that an alert, or a threshold over a rolling window, is over since ``at``."""
    columns = past_notifications.c
    covered = and_(columns.subject == key.digest, columns.percent >= key.percent)
    ended = update(past_notifications).where(covered, columns.ended_at.is_(None))
    connection.execute(ended.values(ended_at=at))


def purge_past_notifications(connection: Connection, before: datetime) -> int:
    """Remove notifications from before this time. Return how many were removed."""
    old = past_notifications.c.told_at < before
    return connection.execute(delete(past_notifications).where(old)).rowcount
