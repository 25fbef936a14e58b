from pathlib import Path

import pytest

from webhook.store.database import Store, StoreError
from webhook.store.sending.presence import Presence, is_present


@pytest.fixture
def presence(store: Store) -> Presence:
    return Presence(store.engine, "me")


def sees(store: Store, owner: str = "me") -> bool:
    with store.reading() as connection:
        return is_present(connection, owner)


def test_a_process_is_present_from_its_start_to_its_end(store: Store, presence: Presence) -> None:
    assert not sees(store)
    presence.hold()
    presence.hold()
    assert sees(store)
    presence.release()
    presence.release()
    assert not sees(store)


def test_each_process_has_a_presence_of_its_own(store: Store, presence: Presence) -> None:
    other = Presence(store.engine, "other")
    other.hold()
    assert not sees(store)
    presence.hold()
    other.release()
    assert sees(store)
    assert not sees(store, "other")
    presence.release()


def test_a_process_takes_its_lock_again_after_the_file_was_deleted(
    store: Store, presence: Presence, tmp_path: Path
) -> None:
    presence.hold()
    (tmp_path / "outbox.db-delivery").unlink()
    assert not sees(store)
    presence.hold()
    assert sees(store)
    presence.release()


def test_only_its_owner_can_read_the_file(presence: Presence, tmp_path: Path) -> None:
    presence.hold()
    assert (tmp_path / "outbox.db-delivery").stat().st_mode & 0o777 == 0o600
    presence.release()


def test_a_file_that_cannot_be_locked_is_a_failure_of_the_store(
    presence: Presence, store: Store, tmp_path: Path
) -> None:
    (tmp_path / "outbox.db-delivery").mkdir()
    with pytest.raises(StoreError, match="Is a directory"), store.reading():
        presence.hold()
    with pytest.raises(StoreError, match="Is a directory"):
        sees(store)
