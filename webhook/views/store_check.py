"""Whether the store can be written, found out by writing to it."""

import logging
import threading
import time

from webhook.store.database import Store, StoreBusyError, StoreError
from webhook.store.sending.clock import read_clock
from webhook.store.status import PROBE, set_status
from webhook.text import clean_line

# At most one write in this time, however often it is asked.
EVERY_SECONDS = 5
# How long it waits for others that write.
WAIT_SECONDS = 2
# Others may write for a while, such as a backup. After so long without a write, that is a failure.
LONGEST_BUSY_SECONDS = 30
# As much as a mail. On a full disk, a few bytes may still have room.
_PROBE = "." * 32_768

_log = logging.getLogger(__name__)


class StoreCheck:
    """Writes to the store now and then, and remembers how that went. Threads may share it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._due_at = 0.0
        self._written_at = time.monotonic()
        self._failure = ""

    def find_failure(self) -> str:
        """Return why the store cannot be written, or an empty string if it can."""
        if time.monotonic() >= self._due_at and self._lock.acquire(blocking=False):
            try:
                self._failure = self._write()
                self._due_at = time.monotonic() + EVERY_SECONDS
            finally:
                self._lock.release()
        return self._failure

    def _write(self) -> str:
        try:
            with self._store.writing(until=time.monotonic() + WAIT_SECONDS) as connection:
                set_status(connection, PROBE, read_clock(connection), _PROBE)
            self._written_at = time.monotonic()
        except StoreError as error:
            is_busy = isinstance(error, StoreBusyError)
            if is_busy and time.monotonic() < self._written_at + LONGEST_BUSY_SECONDS:
                return self._failure
            _log.warning("the store cannot be written: %s", clean_line(str(error)))
            # A message of PostgreSQL may name hosts and users.
            is_sqlite = self._store.engine.dialect.name == "sqlite"
            return clean_line(str(error)) if is_sqlite else "see the log"
        return ""
