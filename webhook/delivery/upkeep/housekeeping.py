"""Removing old rows from the database.

They are finished mails (sent, failed or expired), and old notification records that are no longer
needed.
"""

import logging
import time
from datetime import UTC, datetime, timedelta

from webhook.store.database import Store
from webhook.store.outbox import purge_mails
from webhook.store.past_notifications import purge_past_notifications

EVERY_SECONDS = 3_600
# Longer than any period, and than an alert is likely to fire without a break.
NOTIFIED_RETENTION = timedelta(days=400)

_log = logging.getLogger(__name__)


class Housekeeping:
    """Removes old rows once an hour."""

    def __init__(self, store: Store, retention: timedelta) -> None:
        self._store = store
        self._retention = retention
        self._due_at = 0.0

    def run_if_due(self) -> None:
        """Remove old rows, unless that was done within the hour.

        Raises:
            webhook.store.database.StoreError: the database cannot be written.

        """
        if time.monotonic() >= self._due_at:
            self._due_at = time.monotonic() + EVERY_SECONDS
            removed = remove_old(self._store, datetime.now(UTC), self._retention)
            if removed:
                _log.info("%d old mails were removed", removed)


def remove_old(store: Store, now: datetime, retention: timedelta) -> int:
    """Remove the mails that were finished before the retention began, and old notifications.

    Return how many mails were removed.
    """
    removed = 0
    while True:
        # In small transactions, so that other writers do not wait long.
        with store.writing() as connection:
            some = purge_mails(connection, now - retention)
        if not some:
            break
        removed += some
    with store.writing() as connection:
        purge_past_notifications(connection, now - max(NOTIFIED_RETENTION, retention))
    return removed
