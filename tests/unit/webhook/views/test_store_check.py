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
