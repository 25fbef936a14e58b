from datetime import timedelta

from tests.unit.webhook.samples import NOW
from webhook.store.database import Store
from webhook.store.status import (
    HELD,
    PROBE,
    StatusValue,
    add_status,
    clear_status,
    read_status,
    set_status,
)

LATER = NOW + timedelta(hours=1)


def test_setting_a_value_replaces_the_former_one(store: Store) -> None:
    with store.writing() as connection:
        set_status(connection, HELD, NOW, "a reason")
        set_status(connection, HELD, LATER, "another")
        assert read_status(connection) == {HELD: StatusValue("another", LATER)}


def test_adding_a_value_keeps_the_former_one(store: Store) -> None:
    with store.writing() as connection:
        assert add_status(connection, HELD, NOW, "a reason")
        assert not add_status(connection, HELD, LATER, "another")
        assert read_status(connection) == {HELD: StatusValue("a reason", NOW)}


def test_what_only_shows_that_the_store_can_be_written_is_not_read(store: Store) -> None:
    with store.writing() as connection:
        set_status(connection, PROBE, NOW, "." * 32_768)
        assert read_status(connection) == {}


def test_clearing_says_whether_there_was_a_value(store: Store) -> None:
    with store.writing() as connection:
        set_status(connection, HELD, NOW)
        assert clear_status(connection, HELD)
        assert not clear_status(connection, HELD)
        assert read_status(connection) == {}
