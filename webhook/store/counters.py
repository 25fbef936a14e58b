"""Numbers about mails: counters that delivery keeps, and counts of what is in the outbox.

Delivery answers no requests, so it keeps its counters in the database (table ``tallies``), and
``/metrics`` reads them there.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from webhook.store.tables import QUEUED, SENDING, counters, envelopes
from webhook.store.upserts import add_to

ATTEMPTS = "smtp_attempts"
SECONDS_SUM, SECONDS_BUCKET = "delivery_seconds_sum", "delivery_seconds_bucket"
BUCKETS_SECONDS = (1, 5, 15, 60, 300, 1_800, 7_200, 86_400)


def count_attempt(connection: Connection, result: str) -> None:
    """Count an attempt to send a mail, by its result."""
    add_to(connection, counters, {"name": ATTEMPTS, "label": result}, 1)


def count_delivery(connection: Connection, duration: timedelta) -> None:
    """Count a sent mail, by the time since it was queued."""
    # The clock may have been set back meanwhile.
    seconds = max(0, duration.total_seconds())
    bucket = next((str(b) for b in BUCKETS_SECONDS if seconds <= b), "+Inf")
    add_to(connection, counters, {"name": SECONDS_BUCKET, "label": bucket}, 1)
    add_to(connection, counters, {"name": SECONDS_SUM, "label": ""}, seconds)


def read_counters(connection: Connection) -> Mapping[str, Mapping[str, float]]:
    """Return all counters: by name, then by label."""
    found: dict[str, dict[str, float]] = {}
    for name, label, value in connection.execute(
        select(counters.c.name, counters.c.label, counters.c.value)
    ):
        found.setdefault(name, {})[label] = value
    return found


def count_states(connection: Connection) -> dict[str, int]:
    """Return the number of mails in each state. States without mails are left out."""
    query = select(envelopes.c.state, func.count()).group_by(envelopes.c.state)
    rows = connection.execute(query).all()
    return {str(row[0]): int(row[1]) for row in rows}


def longest_wait(connection: Connection, now: datetime) -> timedelta | None:
    """Return for how long the oldest unsettled mail has waited, or None if every mail is settled.

    A mail that a wrong clock has queued in the future has not waited.
    """
    query = select(func.min(envelopes.c.queued_at))
    oldest = connection.execute(query.where(envelopes.c.state.in_((QUEUED, SENDING)))).scalar_one()
    return None if oldest is None else max(timedelta(0), now - oldest)
