"""Counters that the delivery process keeps in the store, since it answers no requests itself."""

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import Connection, select

from webhook.store.tables import tallies
from webhook.store.upserts import add_to

ATTEMPTS = "smtp_attempts"
SECONDS_SUM, SECONDS_BUCKET = "delivery_seconds_sum", "delivery_seconds_bucket"
BUCKETS_SECONDS = (1, 5, 15, 60, 300, 1_800, 7_200, 86_400)


def count_attempt(connection: Connection, result: str) -> None:
    """Count an attempt to send a mail, by its result."""
    add_to(connection, tallies, {"name": ATTEMPTS, "label": result}, 1)


def count_delivery(connection: Connection, taken: timedelta) -> None:
    """Count a mail that was sent, by how long that took since it was queued."""
    seconds = taken.total_seconds()
    bucket = next((str(b) for b in BUCKETS_SECONDS if seconds <= b), "+Inf")
    add_to(connection, tallies, {"name": SECONDS_BUCKET, "label": bucket}, 1)
    add_to(connection, tallies, {"name": SECONDS_SUM, "label": ""}, seconds)


def read_tallies(connection: Connection) -> Mapping[str, Mapping[str, float]]:
    """Return all counters: by name, then by label."""
    found: dict[str, dict[str, float]] = {}
    for name, label, value in connection.execute(
        select(tallies.c.name, tallies.c.label, tallies.c.value)
    ):
        found.setdefault(name, {})[label] = value
    return found
