import logging
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from webhook.delivery.upkeep.housekeeping import NOTIFIED_RETENTION, Housekeeping, remove_old
from webhook.store import outbox
from webhook.store.database import Store
from webhook.store.outbox import Mail, add_mails
from webhook.store.past_notifications import (
    DedupKey,
    add_past_notifications,
    find_past_notifications,
)
from webhook.store.tables import SENT, envelopes, mails

DAY = timedelta(days=1)
NOW = datetime.now(UTC)


def add_sent(store: Store, count: int, settled_at: datetime) -> None:
    added = [Mail("a@x", "s", f"<{number}-{settled_at}@x>", b"") for number in range(count)]
    with store.writing() as connection:
        add_mails(connection, added, settled_at)
        fresh = envelopes.c.settled_at.is_(None)
        connection.execute(update(envelopes).where(fresh).values(state=SENT, settled_at=settled_at))


def count_mails(store: Store) -> int:
    with store.reading() as connection:
        return len(connection.execute(select(mails.c.id)).all())


def test_old_mails_are_removed_in_several_transactions(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "_PURGED_AT_ONCE", 2)
    add_sent(store, 5, NOW - 91 * DAY)
    add_sent(store, 1, NOW - 89 * DAY)
    assert remove_old(store, NOW, 90 * DAY) == 5
    assert count_mails(store) == 1


def test_notifications_are_kept_longer_than_any_period(store: Store) -> None:
    keys = {"old": NOW - NOTIFIED_RETENTION - DAY, "new": NOW - NOTIFIED_RETENTION + DAY}
    with store.writing() as connection:
        for subject, at in keys.items():
            add_past_notifications(connection, [(DedupKey(subject), "a@x")], {}, at)
    remove_old(store, NOW, DAY)
    with store.reading() as connection:
        assert [subject for subject, _ in find_past_notifications(connection, keys)] == ["new"]


def test_old_mails_are_removed_once_an_hour(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    worker = Housekeeping(store, DAY)
    add_sent(store, 1, NOW - 2 * DAY)
    worker.run_if_due()
    assert "1 old mails were removed" in caplog.text
    add_sent(store, 1, NOW - 2 * DAY)
    worker.run_if_due()
    assert count_mails(store) == 1
    monkeypatch.setattr(worker, "_due_at", 0.0)
    worker.run_if_due()
    assert count_mails(store) == 0
