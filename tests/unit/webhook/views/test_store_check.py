import sqlite3
from contextlib import closing

import pytest

from webhook.store.database import Store, StoreError
from webhook.views import store_check
from webhook.views.store_check import StoreCheck


def test_a_store_that_can_be_written_has_no_failure(store: Store) -> None:
    assert StoreCheck(store).find_failure() == ""


def test_the_store_is_written_every_few_seconds_only(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = StoreCheck(store)
    check.find_failure()

    def fail(*_: object) -> None:
        raise StoreError("database or disk is full")

    monkeypatch.setattr(store_check, "set_status", fail)
    assert check.find_failure() == ""
    monkeypatch.setattr(check, "_due_at", 0.0)
    assert check.find_failure() == "database or disk is full"
    monkeypatch.undo()
    assert check.find_failure() == "database or disk is full"
    monkeypatch.setattr(check, "_due_at", 0.0)
    assert check.find_failure() == ""


def test_a_store_that_others_write_to_has_a_failure_only_after_a_while(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_check, "EVERY_SECONDS", 0)
    monkeypatch.setattr(store_check, "WAIT_SECONDS", 0.1)
    check = StoreCheck(store)
    path = store.engine.url.database or ""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert check.find_failure() == ""
        monkeypatch.setattr(store_check, "LONGEST_BUSY_SECONDS", 0)
        assert "database is locked" in check.find_failure()
        other.execute("ROLLBACK")
    assert check.find_failure() == ""
