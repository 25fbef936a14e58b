"""What grows old is removed: mails that were sent, and who was told of what."""

import logging
import time
from datetime import UTC, datetime, timedelta

from webhook.store.database import Store
from webhook.store.notified import purge_told
from webhook.store.outbox import purge

EVERY_SECONDS = 3_600
# Longer than any period, and than an alert is likely to fire without a pause.
TOLD_FOR = timedelta(days=400)

_log = logging.getLogger(__name__)


class Housekeeping:
    """Removes once an hour what is older than it is to be kept."""

    def __init__(self, store: Store, retention: timedelta) -> None:
        self._store = store
        self._retention = retention
        self._clean_at = 0.0

    def look(self) -> None:
        """Clean up, unless that was done within the hour.

        Raises:
            webhook.store.StoreError: the store cannot be written.

        """
        if time.monotonic() >= self._clean_at:
            self._clean_at = time.monotonic() + EVERY_SECONDS
            removed = clean_up(self._store, datetime.now(UTC), self._retention)
            if removed:
                _log.info("%d old mails were removed", removed)


def clean_up(store: Store, now: datetime, retention: timedelta) -> int:
    """Remove mails that were sent or given up before the retention, and old tellings.

    Return how many mails these were.
    """
    removed = some = 0
    while True:
        # In small transactions: others want to write as well.
        with store.writing() as connection:
            some = purge(connection, now - retention)
        removed += some
        if not some:
            break
    with store.writing() as connection:
        purge_told(connection, now - max(TOLD_FOR, retention))
    return removed
