from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from tests.unit.webhook.samples import LINKED, NOW, QUOTAS
from webhook.delivery.watchdog import SilenceWatch
from webhook.store.database import Store
from webhook.store.status import WATCHDOG, put_fact
from webhook.store.tables import envelopes, mails

MINUTE = timedelta(minutes=1)


@pytest.fixture
def watch(store: Store) -> SilenceWatch:
    return make(store)


def make(store: Store) -> SilenceWatch:
    watch = SilenceWatch(store, lambda: QUOTAS, LINKED)
    watch._awake_since = NOW
    return watch


def see(store: Store, at: datetime) -> None:
    with store.writing() as connection:
        put_fact(connection, WATCHDOG, at)


def queued(store: Store) -> list[tuple[str, str, int]]:
    with store.reading() as connection:
        query = select(envelopes.c.recipient, mails.c.subject, envelopes.c.priority).join(mails)
        return [tuple(row) for row in connection.execute(query.order_by(mails.c.id))]


def test_silence_is_told_once_and_so_is_its_end(store: Store, watch: SilenceWatch) -> None:
    see(store, NOW)
    for minutes in (1, 5):
        watch.check(NOW + minutes * MINUTE)
    assert queued(store) == []
    for minutes in (6, 7, 60):
        watch.check(NOW + minutes * MINUTE)
        make(store).check(NOW + minutes * MINUTE)
    stopped = "[silence] alerts have stopped arriving since 24 November 2026, 13:37 UTC"
    assert queued(store) == [("ops@example.com", stopped, 0)]
    see(store, NOW + 61 * MINUTE)
    for minutes in (61, 62):
        watch.check(NOW + minutes * MINUTE)
        make(store).check(NOW + minutes * MINUTE)
    back = "[resolved] alerts are arriving again since 24 November 2026, 14:38 UTC"
    assert [subject for _, subject, _ in queued(store)] == [stopped, back]
    watch.check(NOW + 70 * MINUTE)
    assert len(queued(store)) == 3


def test_who_was_just_started_waits_before_it_speaks_of_silence(
    store: Store, watch: SilenceWatch
) -> None:
    see(store, NOW - timedelta(hours=8))
    watch.check(NOW + MINUTE)
    assert queued(store) == []
    watch.check(NOW + 6 * MINUTE)
    assert "since 24 November 2026, 05:37 UTC" in queued(store)[0][1]


def test_a_watchdog_that_never_came_is_missed_too(store: Store, watch: SilenceWatch) -> None:
    watch.check(NOW)
    watch.check(NOW + 4 * MINUTE)
    assert queued(store) == []
    watch.check(NOW + 6 * MINUTE)
    assert len(queued(store)) == 1


def test_it_looks_every_few_seconds_only(store: Store) -> None:
    watch = SilenceWatch(store, lambda: QUOTAS, LINKED)
    watch.look()
    assert watch._look_at > 0
    see(store, datetime.now(UTC))
    watch.look()
    assert queued(store) == []
