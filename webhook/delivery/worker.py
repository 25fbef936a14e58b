"""The delivery process: it takes due mails from the outbox, sends them and stores the outcome.

``backoff`` decides what becomes of a mail after the server's reply.
"""

import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from webhook.delivery.backoff import LONGEST_HOLD_SECONDS, outcome_of, pause_seconds
from webhook.delivery.leases import Leases
from webhook.delivery.session import Session, StoppedError
from webhook.delivery.smtp_replies import (
    ConnectionLostError,
    HoldError,
    RefusedError,
    SendError,
    UnreachableError,
)
from webhook.delivery.verdicts import Decision, Verdicts, decide
from webhook.store.counters import count_attempt, count_delivery
from webhook.store.database import Store, StoreError
from webhook.store.sending.claims import (
    ClaimedMail,
    Outcome,
    has_accepted_since,
    postpone,
    settle,
)
from webhook.store.sending.clock import read_clock
from webhook.store.status import HELD, clear_status, read_status, set_status
from webhook.store.tables import QUEUED, SENT
from webhook.text import clean_line

POLL_SECONDS = 0.5

# Failed and expired mails are errors.
_LEVELS = {SENT: logging.INFO, QUEUED: logging.WARNING}

_log = logging.getLogger(__name__)


class Deliverer:
    """Sends due mails one after the other until ``stop`` is set.

    Several may run, each with a ``Session`` of its own. ``run_periodic_work`` is called between
    mails. ``add_charts`` gets the name of the process and mails that it has claimed, and returns
    them as they are sent.
    """

    def __init__(
        self,
        store: Store,
        session: Session,
        stop: threading.Event,
        run_periodic_work: Callable[[], None] = lambda: None,
        add_charts: Callable[[str, list[ClaimedMail]], list[ClaimedMail]] = lambda _, mails: mails,
    ) -> None:
        self.name = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"[:100]
        self._store = store
        self._session = session
        self._stop = stop
        self._run_periodic_work = run_periodic_work
        self._add_charts = add_charts
        self._leases = Leases(store, self.name)
        # Outcomes that could not be committed yet. Their mails must not be sent again.
        self._unsettled: list[tuple[ClaimedMail, Outcome, datetime]] = []
        # How often server or store have failed in a row, and when the next attempt is due.
        self._failures = 0
        self._resume_at = 0.0
        # An earlier process may have stored a hold. The first mail that is not refused removes it.
        self._is_held = True
        self._clears_hold = False
        self._verdicts = Verdicts()

    def run(self) -> None:
        """Deliver until ``stop`` is set. A mail that is being sent is finished."""
        with self._leases.renewed():
            while not self._stop.is_set():
                self._do_periodic_work()
                if time.monotonic() < self._resume_at or not self._deliver_some():
                    self._session.close_idle()
                    self._stop.wait(POLL_SECONDS)
        self._session.close()

    def run_once(self) -> bool:
        """Deliver the mails that are due now. Return False if server or store prevented it."""
        with self._leases.renewed():
            self._do_periodic_work()
            while not self._stop.is_set() and self._deliver_some():
                pass
        self._session.close()
        return not self._failures

    def _deliver_some(self) -> bool:
        """Claim some mails and try them. Return whether more may be due now."""
        try:
            self._commit_outcomes()
            claimed = self._leases.claim()
            return bool(claimed) and self._try_all(self._add_charts(self.name, claimed))
        except StoreError as error:
            self._pause(f"the store failed: {error}")
            return False

    def _try_all(self, claimed: list[ClaimedMail]) -> bool:
        self._verdicts = Verdicts()
        for mail in claimed:
            if self._stop.is_set() or not self._leases.are_safe() or not self._try(mail):
                break
        else:
            if self._close_batch():
                return True
        self._leases.release()
        return not self._stop.is_set() and time.monotonic() >= self._resume_at

    def _try(self, mail: ClaimedMail) -> bool:
        """Try one mail. Return whether the next one can follow."""
        try:
            result = self._session.send(mail.recipient, mail.content)
        except RefusedError as error:
            return self._refuse(mail, error)
        except SendError as error:
            self._failures = 0
            self._settle([(mail, error)])
        except StoppedError:
            return False
        except ConnectionLostError as error:
            self._settle([(mail, error)])
            self._pause(f"the SMTP server went away: {error}")
            return False
        except HoldError as error:
            self._hold(str(error))
            return False
        except UnreachableError as error:
            self._count_unreachable()
            self._pause(f"the SMTP server cannot be reached: {error}")
            return False
        else:
            self._failures = 0
            self._settle([(mail, result), *self._verdicts.accept(mail.recipient)])
        return True

    def _refuse(self, mail: ClaimedMail, error: RefusedError) -> bool:
        """Find out whose fault a refusal is. Return whether the next mail can follow."""
        if self._is_recipients_fault(mail):
            self._settle([decide(mail, error)], clears_hold=False)
            return True
        try:
            self._verdicts.refuse(mail, error)
        except HoldError as hold:
            self._hold(str(hold))
            return False
        return True

    def _is_recipients_fault(self, mail: ClaimedMail) -> bool:
        """Return whether others got their mail since this one was first refused."""
        if mail.tried_at is None:
            return False
        with self._store.reading() as connection:
            return has_accepted_since(connection, mail.tried_at, mail.recipient)

    def _close_batch(self) -> bool:
        """Settle the refusals that nothing has decided. Return whether more mails can follow."""
        try:
            self._settle(self._verdicts.close(), clears_hold=False)
        except HoldError as hold:
            self._hold(str(hold))
            return False
        return True

    def _settle(
        self,
        results: Sequence[Decision | tuple[ClaimedMail, str | SendError | ConnectionLostError]],
        *,
        clears_hold: bool = True,
    ) -> None:
        """Store the outcomes of attempts.

        ``clears_hold`` says whether they show that delivery is not held any more.
        """
        now = self._leases.clock.now()
        for mail, result in results:
            outcome = outcome_of(mail, result, now)
            _log.log(
                _LEVELS.get(outcome.state, logging.ERROR),
                "mail=%s to=%s %s attempt=%d answer=%r",
                mail.message_id,
                mail.recipient,
                outcome.state,
                mail.attempts + 1,
                outcome.answer,
            )
            self._unsettled.append((mail, outcome, now))
        self._clears_hold |= clears_hold
        self._commit_outcomes()

    def _commit_outcomes(self) -> None:
        if not self._unsettled:
            return
        with self._store.writing() as connection:
            for mail, outcome, at in self._unsettled:
                if not settle(connection, self.name, mail.mail_id, outcome, at):
                    _log.warning("mail=%s: its lease had run out", mail.message_id)
                count_attempt(connection, "later" if outcome.state == QUEUED else outcome.state)
                if outcome.state == SENT:
                    count_delivery(connection, at - mail.queued_at)
            if self._is_held and self._clears_hold:
                clear_status(connection, HELD)
        self._unsettled.clear()
        self._is_held = self._is_held and not self._clears_hold

    def _hold(self, reason: str) -> None:
        """Leave all mails queued and store the reason: an operator must correct something."""
        seconds = self._pause(f"delivery is held: {reason}")
        self._is_held, self._clears_hold = True, False
        with self._store.writing() as connection:
            count_attempt(connection, "held")
            now = read_clock(connection)
            known = read_status(connection).get(HELD)
            set_status(connection, HELD, known.at if known else now, clean_line(reason))
            # The next attempt begins with other mails, which may show that only these are refused.
            due_at = now + timedelta(seconds=2 * seconds)
            refused = [mail.mail_id for mail in self._verdicts.undecided]
            postpone(connection, self.name, refused, due_at, now)

    def _count_unreachable(self) -> None:
        with self._store.writing() as connection:
            count_attempt(connection, "unreachable")

    def _pause(self, reason: str) -> float:
        """Make no attempt for a while. Return for how many seconds."""
        seconds = pause_seconds(self._failures, LONGEST_HOLD_SECONDS)
        self._failures += 1
        self._resume_at = time.monotonic() + seconds
        self._session.close()
        _log.warning("%s; trying again in %.0f s", clean_line(reason), seconds)
        return seconds

    def _do_periodic_work(self) -> None:
        try:
            self._run_periodic_work()
        except StoreError as error:
            _log.warning("the store failed: %s", clean_line(str(error)))
