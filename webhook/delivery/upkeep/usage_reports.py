"""Issuing reports: once a week or month has ended, each recipient gets one mail, exactly once.

Mails are committed together with who gets them. A process that is killed goes on with the rest, and
of several processes one commits each mail. When all are committed, the report is marked as issued.
"""

import itertools
import logging
import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from quotas.model import QuotaFile
from webhook.reports.schedule import (
    DueReport,
    find_due,
    has_new,
    mark_issued,
    quotas_by_calendar,
    span_of,
    start_new,
)
from webhook.reports.signatures import Read, Write
from webhook.store.database import Store, StoreError
from webhook.store.outbox import Mail, add_mails
from webhook.store.past_notifications import (
    RaceError,
    add_past_notifications,
    find_past_notifications,
)
from webhook.store.sending.clock import read_clock
from webhook.usage.model import Reported, ReportSpan

CHECK_EVERY_SECONDS = 60
# The pause after Prometheus could not be read, and for how long after the period's end it is asked
# again: if it answers nothing, and if it cannot answer about some quotas. A process that starts
# later asks for an hour.
RETRY_AFTER_SECONDS = 300
PATIENCE, PATIENCE_WITH_SOME = timedelta(days=3), timedelta(hours=6)
_PATIENCE_OF_PROCESS_SECONDS = 3_600
_MAILS_AT_ONCE = 20

_log = logging.getLogger(__name__)


class UsageReports:
    """Looks every minute for reports that are due, and issues them in a thread of its own.

    Reading figures may take minutes, and mails about alerts must not wait for it.
    """

    def __init__(
        self,
        store: Store,
        read_quotas: Callable[[], QuotaFile],
        read: Read | None,
        write: Write,
        stop: threading.Event,
    ) -> None:
        self._store = store
        self._read_quotas = read_quotas
        self._read, self._write = read, write
        self._stop = stop
        self._thread: threading.Thread | None = None
        self._patient_until = time.monotonic() + _PATIENCE_OF_PROCESS_SECONDS
        self._due_at = 0.0
        self._has_warned = False

    def run_if_due(self, *, wait: bool = False) -> None:
        """Look for reports that are due, unless that was done within CHECK_EVERY_SECONDS.

        Args:
            wait: whether to return only when they are issued, or cannot be now.

        Raises:
            webhook.store.database.StoreError: the database cannot be read or written.

        """
        is_busy = self._thread is not None and self._thread.is_alive()
        if is_busy or time.monotonic() < self._due_at:
            return
        self._due_at = time.monotonic() + CHECK_EVERY_SECONDS
        if wait:
            # The process ends soon, and the next one would be as patient.
            self._patient_until = time.monotonic()
        due = self.find_due()
        if not due:
            return
        self._thread = threading.Thread(
            target=self.issue_all, args=(due,), name="reports", daemon=True
        )
        self._thread.start()
        if wait:
            self._thread.join()

    def find_due(self) -> Sequence[DueReport]:
        """Return the reports that are due. Those that are new begin with their current period."""
        quotas = self._read_quotas()
        self._warn_of_missing_figures(quotas)
        with self._store.reading() as connection:
            now = read_clock(connection)
            due, is_new = find_due(connection, quotas, now), has_new(connection, quotas)
        if is_new:
            with self._store.writing() as connection:
                start_new(connection, quotas, now)
        return due

    def _warn_of_missing_figures(self, quotas: QuotaFile) -> None:
        if self._read is None and not self._has_warned and quotas_by_calendar(quotas):
            _log.warning("set PROMETHEUS_URL: reports have no figures without it")
            self._has_warned = True

    def issue_all(self, due: Sequence[DueReport]) -> None:
        """Issue reports. What fails is tried again later."""
        for report in due:
            try:
                self._issue(report)
            except StoreError as error:
                _log.warning("the report about %s: %s", report.period.title, error)
            except RaceError:
                _log.info("another process issues the report about %s", report.period.title)

    def _issue(self, report: DueReport) -> None:
        now = self._read_clock()
        span = span_of(report.calendar, report.period, now)
        reported = self._read_figures(report, span, now)
        if self._stop.is_set():
            return
        if self._is_worth_waiting(report, reported, now):
            self._due_at = time.monotonic() + RETRY_AFTER_SECONDS
            _log.error("the report about %s waits for Prometheus", report.period.title)
            return
        count = 0
        mails = self._write(span, reported, now)
        while some := list(itertools.islice(mails, _MAILS_AT_ONCE)):
            count += self._commit(report, some)
        with self._store.writing() as connection:
            mark_issued(connection, report, now)
        _log.info("the report about %s is queued for %d people", report.period.title, count)

    def _read_figures(self, report: DueReport, span: ReportSpan, now: datetime) -> Reported:
        if self._read is None:
            return [(quota, None) for quota in report.quotas]
        return self._read(report.quotas, span, now, self._stop.is_set)

    def _is_worth_waiting(self, report: DueReport, reported: Reported, now: datetime) -> bool:
        """Return whether figures are missing that Prometheus may have later."""
        missing = sum(figures is None for _, figures in reported)
        if not missing or self._read is None:
            return False
        if time.monotonic() < self._patient_until:
            return True
        patience = PATIENCE if missing == len(reported) else PATIENCE_WITH_SOME
        return now - report.period.end < patience

    def _commit(self, report: DueReport, mails: Sequence[Mail]) -> int:
        """Commit mails, except to those who already have theirs. Return how many there were.

        Raises:
            RaceError: another process has committed one of them meanwhile.

        """
        key = report.key
        with self._store.writing() as connection:
            now = read_clock(connection)
            past = find_past_notifications(connection, [key.digest])
            new = [mail for mail in mails if (key.digest, mail.recipient) not in past]
            add_past_notifications(connection, [(key, mail.recipient) for mail in new], past, now)
            add_mails(connection, new, now)
        return len(new)

    def _read_clock(self) -> datetime:
        with self._store.reading() as connection:
            return read_clock(connection)
