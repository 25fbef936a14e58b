import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from tests.unit.webhook.samples import ADDRESSES, NOW, QUOTAS, SENDER
from webhook.delivery.upkeep.watchdog import WatchdogMonitor
from webhook.store.database import Store
from webhook.store.status import WATCHDOG, set_status
from webhook.store.tables import envelopes, mails

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


@pytest.fixture
def monitor(store: Store) -> WatchdogMonitor:
    return make(store)


def make(store: Store) -> WatchdogMonitor:
    """Return a monitor that was started at NOW."""
    monitor = WatchdogMonitor(store, lambda: QUOTAS, SENDER, ADDRESSES)
    monitor._observed_since = NOW
    return monitor


def arrive(store: Store, at: datetime) -> None:
    """Store that the watchdog has arrived."""
    with store.writing() as connection:
        set_status(connection, WATCHDOG, at)


def queued(store: Store) -> list[tuple[str, str, int]]:
    with store.reading() as connection:
        query = select(envelopes.c.recipient, mails.c.subject, envelopes.c.priority).join(mails)
        return [tuple(row) for row in connection.execute(query.order_by(mails.c.id))]


def test_people_are_notified_once_of_a_missing_watchdog_and_once_when_it_is_back(
    store: Store, monitor: WatchdogMonitor
) -> None:
    arrive(store, NOW)
    for minutes in (1, 5):
        monitor.check(NOW + minutes * MINUTE)
    assert queued(store) == []
    for minutes in (6, 7, 60):
        monitor.check(NOW + minutes * MINUTE)
        make(store).check(NOW + minutes * MINUTE)
    stopped = "[silence] alerts have stopped arriving since 24 November 2026, 13:37 UTC"
    assert queued(store) == [("ops@example.com", stopped, 0)]
    arrive(store, NOW + 61 * MINUTE)
    for minutes in (61, 62):
        monitor.check(NOW + minutes * MINUTE)
        make(store).check(NOW + minutes * MINUTE)
    back = "[resolved] alerts are arriving again since 24 November 2026, 14:38 UTC"
    assert [subject for _, subject, _ in queued(store)] == [stopped, back]
    monitor.check(NOW + 70 * MINUTE)
    assert len(queued(store)) == 3


def test_a_process_that_was_just_started_waits_before_it_notifies(
    store: Store, monitor: WatchdogMonitor
) -> None:
    arrive(store, NOW - timedelta(hours=8))
    monitor.check(NOW + MINUTE)
    assert queued(store) == []
    monitor.check(NOW + 6 * MINUTE)
    assert "since 24 November 2026, 05:37 UTC" in queued(store)[0][1]


def test_people_are_notified_if_the_watchdog_never_arrives(
    store: Store, monitor: WatchdogMonitor
) -> None:
    monitor.check(NOW)
    monitor.check(NOW + 4 * MINUTE)
    assert queued(store) == []
    monitor.check(NOW + 6 * MINUTE)
    assert len(queued(store)) == 1


def test_the_check_runs_every_few_seconds_only(store: Store) -> None:
    monitor = WatchdogMonitor(store, lambda: QUOTAS, SENDER, ADDRESSES)
    monitor.run_if_due()
    assert monitor._due_at > 0
    arrive(store, datetime.now(UTC))
    monitor.run_if_due()
    assert queued(store) == []


@pytest.mark.parametrize("jump", [-DAY, DAY])
def test_a_clock_that_is_set_makes_no_watchdog_missing_until_it_had_time_to_arrive(
    store: Store, monkeypatch: pytest.MonkeyPatch, jump: timedelta
) -> None:
    monitor = WatchdogMonitor(store, lambda: QUOTAS, SENDER, ADDRESSES)
    arrive(store, datetime.now(UTC))
    monkeypatch.setattr(monitor, "_checked_at", (datetime.now(UTC) - jump, time.monotonic()))
    monitor.run_if_due()
    assert queued(store) == []
    later = monitor._observed_since + 6 * MINUTE
    arrive(store, later + jump)
    monitor.check(later)
    assert len(queued(store)) == 1
