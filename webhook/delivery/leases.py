"""The leases of one delivery process: while it sends a mail, no other process sends it too.

Another process takes a mail over only if the lease has run out and the first process is gone, so
neither a wrong clock nor a broken connection to the database makes both send it.
"""

import contextlib
import logging
import threading
import time
from collections.abc import Iterator
from datetime import timedelta

from webhook.store.database import Store, StoreError
from webhook.store.sending.claims import (
    ClaimedMail,
    claim,
    has_work,
    release_leases,
    renew_leases,
)
from webhook.store.sending.clock import Clock, read_clock
from webhook.store.sending.presence import Presence
from webhook.store.status import DELIVERER, set_status
from webhook.text import clean_line

# After this, another process sends the mails of a process that was killed.
LEASE_SECONDS = 60
MOST_AT_ONCE = 20

_log = logging.getLogger(__name__)


class Leases:
    """Claims mails for ``owner``, renews the leases in the background, and gives them back."""

    def __init__(self, store: Store, owner: str) -> None:
        self._store = store
        self._owner = owner
        self._presence = Presence(store.engine, owner)
        self.clock = Clock()
        # On the monotonic clock. The leases last at least until then.
        self._end_at = 0.0

    def claim(self) -> list[ClaimedMail]:
        """Lease at most MOST_AT_ONCE mails that are due, and return them.

        Raises:
            StoreError: nothing is leased.

        """
        with self._store.reading() as connection:
            if not has_work(connection, self._owner, self.clock.set_by(connection)):
                return []
        end_at = time.monotonic() + LEASE_SECONDS
        with self._store.writing() as connection:
            self._presence.hold()
            now = self.clock.set_by(connection)
            until = now + timedelta(seconds=LEASE_SECONDS)
            claimed = claim(connection, self._owner, now, until, MOST_AT_ONCE)
        self._end_at = end_at
        return claimed

    def are_safe(self) -> bool:
        """Return whether the leases last long enough to start sending another mail."""
        return time.monotonic() < self._end_at - LEASE_SECONDS / 3

    def release(self) -> None:
        """Queue all mails again that are still leased.

        Raises:
            StoreError: they stay leased.

        """
        with self._store.writing() as connection:
            release_leases(connection, self._owner)

    @contextlib.contextmanager
    def renewed(self) -> Iterator[None]:
        """Renew the leases in the background: a server may take ten minutes to accept a mail."""
        done = threading.Event()

        def keep_renewing() -> None:
            while True:
                self._renew()
                if done.wait(LEASE_SECONDS / 4):
                    return

        thread = threading.Thread(target=keep_renewing, name="leases", daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()
            self._presence.release()

    def _renew(self) -> None:
        started_at = time.monotonic()
        try:
            with self._store.writing() as connection:
                self._presence.hold()
                now = read_clock(connection)
                renew_leases(connection, self._owner, now + timedelta(seconds=LEASE_SECONDS))
                set_status(connection, DELIVERER, now, self._owner)
        except StoreError as error:
            _log.warning("leases cannot be renewed: %s", clean_line(str(error)))
        else:
            self._end_at = started_at + LEASE_SECONDS
