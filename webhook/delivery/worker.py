"""The delivery process: it takes what is due from the outbox and sends it."""

import contextlib
import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from webhook.delivery.backoff import GIVE_UP_AFTER, LONGEST_HOLD_SECONDS, pause_seconds
from webhook.delivery.session import Session
from webhook.delivery.smtp import ConnectionLostError, HoldError, SendError, UnreachableError
from webhook.store.counters import count_attempt, count_delivery
from webhook.store.database import Store, StoreError
from webhook.store.outbox import Claimed, Outcome, claim, expire, is_work, release, renew, settle
from webhook.store.status import DELIVERER, HELD, get_facts, put_fact, remove_fact
from webhook.store.tables import EXPIRED, FAILED, QUEUED, SENT
from webhook.text import clean_line

POLL_SECONDS = 0.5
# What a process that was killed had in hand is taken up by another after this.
LEASE_SECONDS = 60
MOST_AT_ONCE = 20

_log = logging.getLogger(__name__)


class Deliverer:
    """Sends what is due, one mail after the other, until it is told to stop.

    Several may run, each with its own ``Session``. ``tend`` is called in between.
    """

    def __init__(
        self,
        store: Store,
        session: Session,
        stop: threading.Event,
        tend: Callable[[], None] = lambda: None,
    ) -> None:
        self.name = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"[:100]
        self._store = store
        self._session = session
        self._stop = stop
        self._tend = tend
        # What became of mails and could not be committed yet: they must not be sent again.
        self._unsettled: list[tuple[Claimed, Outcome, datetime]] = []
        # Failures of the server or of the store in a row, and when it is looked at again.
        self._troubles = 0
        self._resume_at = 0.0
        self._lease_ends_at = 0.0
        # One from an earlier process may be noted; the first mail that goes out removes it.
        self._is_held = True

    def run(self) -> None:
        """Deliver until it is told to stop; the mail in hand is finished."""
        with self._leases_kept():
            while not self._stop.is_set():
                self._tend_safely()
                if time.monotonic() < self._resume_at or not self._work():
                    self._session.close_idle()
                    self._stop.wait(POLL_SECONDS)
        self._session.close()

    def run_once(self) -> bool:
        """Deliver what is due now; return whether nothing kept it from being tried."""
        with self._leases_kept():
            self._tend_safely()
            while not self._stop.is_set() and self._work():
                pass
        self._session.close()
        return not self._troubles

    def _work(self) -> bool:
        """Take some mails and try them; return whether there may be more to do now."""
        try:
            self._commit_settled()
            with self._store.reading() as connection:
                if not is_work(connection, self.name, _now()):
                    return False
            until = _now() + timedelta(seconds=LEASE_SECONDS)
            lease_ends_at = time.monotonic() + LEASE_SECONDS
            with self._store.writing() as connection:
                claimed = claim(connection, self.name, _now(), until, MOST_AT_ONCE)
            self._lease_ends_at = lease_ends_at
            return bool(claimed) and self._try_all(claimed)
        except StoreError as error:
            self._pause(f"the store failed: {error}")
            return False

    def _try_all(self, claimed: list[Claimed]) -> bool:
        for number, mail in enumerate(claimed, start=1):
            if self._stop.is_set() or not self._has_time():
                break
            if not self._try(mail):
                break
            if number == len(claimed):
                return True
        with self._store.writing() as connection:
            release(connection, self.name)
        return not self._stop.is_set() and time.monotonic() >= self._resume_at

    def _has_time(self) -> bool:
        """Return whether the lease is sure to last; if not, another may have the mails by now."""
        return time.monotonic() < self._lease_ends_at - LEASE_SECONDS / 3

    def _try(self, mail: Claimed) -> bool:
        """Try one mail; return whether the next can follow."""
        try:
            answer = self._session.send(mail.recipient, mail.content)
        except SendError as error:
            outcome = self._failed(mail, str(error), permanent=error.permanent)
        except ConnectionLostError as error:
            self._settle(mail, self._failed(mail, str(error), permanent=False))
            self._pause(f"the SMTP server went away: {error}")
            return False
        except HoldError as error:
            self._hold(str(error))
            return False
        except UnreachableError as error:
            self._give_up_old(str(error))
            self._pause(f"the SMTP server cannot be reached: {error}")
            return False
        else:
            outcome = Outcome(SENT, clean_line(answer))
        self._troubles = 0
        self._settle(mail, outcome)
        return True

    def _failed(self, mail: Claimed, answer: str, *, permanent: bool) -> Outcome:
        answer = clean_line(answer)
        if permanent:
            return Outcome(FAILED, answer)
        if _now() - mail.queued_at >= GIVE_UP_AFTER:
            return Outcome(EXPIRED, answer)
        due_at = _now() + timedelta(seconds=pause_seconds(mail.attempts))
        return Outcome(QUEUED, answer, due_at)

    def _settle(self, mail: Claimed, outcome: Outcome) -> None:
        _log.log(
            logging.INFO if outcome.state == SENT else logging.WARNING,
            "mail=%s to=%s %s attempt=%d answer=%r",
            mail.message_id,
            mail.recipient,
            outcome.state,
            mail.attempts + 1,
            outcome.answer,
        )
        self._unsettled.append((mail, outcome, _now()))
        self._commit_settled()

    def _commit_settled(self) -> None:
        if not self._unsettled:
            return
        with self._store.writing() as connection:
            for mail, outcome, at in self._unsettled:
                if not settle(connection, self.name, mail.mail_id, outcome, at):
                    _log.warning("mail=%s: its lease had run out", mail.message_id)
                count_attempt(connection, "later" if outcome.state == QUEUED else outcome.state)
                if outcome.state == SENT:
                    count_delivery(connection, at - mail.queued_at)
            if self._is_held:
                remove_fact(connection, HELD)
        self._unsettled.clear()
        self._is_held = False

    def _hold(self, why: str) -> None:
        """Keep all mails as they are, and raise the alarm: an operator must mend something."""
        with self._store.writing() as connection:
            count_attempt(connection, "held")
            known = get_facts(connection).get(HELD)
            put_fact(connection, HELD, known.at if known else _now(), clean_line(why))
        self._is_held = True
        self._pause(f"delivery is held: {why}")

    def _give_up_old(self, why: str) -> None:
        with self._store.writing() as connection:
            count_attempt(connection, "unreachable")
            release(connection, self.name)
            expired = expire(connection, _now() - GIVE_UP_AFTER, _now(), clean_line(why))
        if expired:
            _log.error("%d mails have expired: %s", expired, clean_line(why))

    def _pause(self, why: str) -> None:
        seconds = pause_seconds(self._troubles, LONGEST_HOLD_SECONDS)
        self._troubles += 1
        self._resume_at = time.monotonic() + seconds
        self._session.close()
        _log.warning("%s; trying again in %.0f s", clean_line(why), seconds)

    def _tend_safely(self) -> None:
        try:
            self._tend()
        except StoreError as error:
            _log.warning("the store failed: %s", clean_line(str(error)))

    @contextlib.contextmanager
    def _leases_kept(self) -> Iterator[None]:
        """Renew the leases in the background: a server may think about a mail for ten minutes."""
        done = threading.Event()

        def keep() -> None:
            while True:
                self._renew()
                if done.wait(LEASE_SECONDS / 4):
                    return

        thread = threading.Thread(target=keep, name="leases", daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def _renew(self) -> None:
        asked_at = time.monotonic()
        try:
            with self._store.writing() as connection:
                renew(connection, self.name, _now() + timedelta(seconds=LEASE_SECONDS))
                put_fact(connection, DELIVERER, _now(), self.name)
        except StoreError as error:
            _log.warning("leases cannot be renewed: %s", clean_line(str(error)))
        else:
            self._lease_ends_at = asked_at + LEASE_SECONDS


def _now() -> datetime:
    return datetime.now(UTC)
