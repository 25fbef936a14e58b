import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from quotas.accounting_options import Accounting
from quotas.calendars import MONTH, Period
from quotas.model import Quota, QuotaFile
from webhook.delivery.upkeep.usage_reports import UsageReports
from webhook.reports.schedule import DueReport, find_due, newest_period, start_new
from webhook.reports.signatures import Read
from webhook.store.database import Store
from webhook.store.outbox import Mail
from webhook.store.past_notifications import RaceError
from webhook.store.tables import envelopes
from webhook.usage.model import Figures, Reported, ReportSpan

HOUR = timedelta(hours=1)
TWO = (
    Quota("one", 1, report=MONTH, notify=("a@example.com",)),
    Quota("two", 1, report=MONTH, notify=("b@example.com",)),
)
QUOTAS = QuotaFile(Accounting(), ("ops@example.com",), TWO)
KNOWN, UNKNOWN = Figures("period"), None


def reading(*figures: Figures | None) -> Read:
    """Return a function that gives these figures to the quotas, one after the other."""

    def read(quotas: Sequence[Quota], *_: object) -> Reported:
        return list(zip(quotas, figures, strict=True))

    return read


def write(_span: ReportSpan, reported: Reported, now: datetime) -> Iterator[Mail]:
    for number, (quota, figures) in enumerate(reported):
        subject = f"{quota.name}: {'known' if figures else 'missing'}"
        yield Mail(quota.notify[0], subject, f"<{now}-{number}>", b"")


def make(
    store: Store, read: Read | None, stop: threading.Event | None = None, *, new: bool = False
) -> UsageReports:
    """Return what issues reports, in a process that started more than an hour ago unless new."""
    reports = UsageReports(store, lambda: QUOTAS, read, write, stop or threading.Event())
    if not new:
        reports._patient_until = time.monotonic()
    return reports


def ended(ago: timedelta) -> DueReport:
    """Return a report about a period that ended a while ago."""
    end = datetime.now(UTC) - ago
    return DueReport(MONTH, Period(202610, "October", end - 30 * 24 * HOUR, end), TWO)


def queued(store: Store) -> list[str]:
    with store.reading() as connection:
        return list(connection.execute(select(envelopes.c.recipient)).scalars())


BOTH = ["a@example.com", "b@example.com"]


def test_two_processes_send_each_recipient_one_report(store: Store) -> None:
    report = ended(HOUR)
    for _ in range(2):
        make(store, reading(KNOWN, KNOWN)).issue_all([report])
        assert queued(store) == BOTH


def test_reports_about_other_periods_are_other_reports(store: Store) -> None:
    first = ended(HOUR)
    later = DueReport(MONTH, Period(202611, "November", first.period.start, first.period.end), TWO)
    make(store, reading(KNOWN, KNOWN)).issue_all([first, later])
    assert queued(store) == 2 * BOTH


@pytest.mark.parametrize(
    ("ago", "figures", "is_sent"),
    [
        (HOUR, (UNKNOWN, UNKNOWN), False),
        (71 * HOUR, (UNKNOWN, UNKNOWN), False),
        (73 * HOUR, (UNKNOWN, UNKNOWN), True),
        (5 * HOUR, (KNOWN, UNKNOWN), False),
        (7 * HOUR, (KNOWN, UNKNOWN), True),
        (HOUR, (KNOWN, KNOWN), True),
    ],
)
def test_a_report_waits_for_its_figures_but_not_for_ever(
    store: Store,
    ago: timedelta,
    figures: tuple[Figures | None, ...],
    is_sent: bool,  # noqa: FBT001 - pytest passes it
) -> None:
    reports = make(store, reading(*figures))
    reports.issue_all([ended(ago)])
    assert queued(store) == (BOTH if is_sent else [])


def test_a_process_that_has_just_started_waits_a_while_for_prometheus(store: Store) -> None:
    make(store, reading(UNKNOWN, UNKNOWN), new=True).issue_all([ended(100 * HOUR)])
    assert queued(store) == []


def test_without_a_prometheus_nothing_is_waited_for(store: Store) -> None:
    make(store, None, new=True).issue_all([ended(HOUR)])
    assert queued(store) == BOTH


def test_a_process_that_will_have_no_figures_says_so_once_when_it_starts(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    for read, count in ((reading(), 0), (None, 1)):
        reports = make(store, read)
        for _ in range(2):
            reports.find_due()
        assert caplog.text.count("set PROMETHEUS_URL") == count


def test_a_report_that_was_stopped_is_left_to_the_next_process(store: Store) -> None:
    stop = threading.Event()

    def read(quotas: Sequence[Quota], *_: object) -> Reported:
        stop.set()
        return [(quotas[0], KNOWN)]

    make(store, read, stop).issue_all([ended(HOUR)])
    assert queued(store) == []
    make(store, reading(KNOWN, KNOWN)).issue_all([ended(HOUR)])
    assert queued(store) == BOTH


def test_a_race_with_another_process_is_no_failure(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def lose(*_: object) -> int:
        raise RaceError

    caplog.set_level("INFO")
    monkeypatch.setattr(UsageReports, "_commit", lose)
    make(store, reading(KNOWN, KNOWN)).issue_all([ended(HOUR)])
    assert "another process issues the report about October" in caplog.text


def test_what_is_due_is_found_and_marked_when_it_is_issued(store: Store) -> None:
    now = datetime.now(UTC)
    with store.writing() as connection:
        start_new(connection, QUOTAS, newest_period(MONTH, now).start)
    make(store, reading(KNOWN, KNOWN)).run_if_due(wait=True)
    assert queued(store) == BOTH
    with store.reading() as connection:
        assert find_due(connection, QUOTAS, now) == []


def test_a_report_that_takes_long_keeps_nobody_waiting(store: Store) -> None:
    go_on, started = threading.Event(), threading.Event()

    def read(
        quotas: Sequence[Quota], _s: ReportSpan, _n: datetime, _: Callable[[], bool]
    ) -> Reported:
        started.set()
        go_on.wait(30)
        return [(quota, KNOWN) for quota in quotas]

    with store.writing() as connection:
        start_new(connection, QUOTAS, newest_period(MONTH, datetime.now(UTC)).start)
    reports = make(store, read)
    reports.run_if_due()
    assert started.wait(30)
    thread = reports._thread
    reports._due_at = 0
    reports.run_if_due()
    assert reports._thread is thread is not None
    assert queued(store) == []
    go_on.set()
    thread.join(30)
    assert queued(store) == BOTH
