from pathlib import Path

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from tests.unit.webhook.samples import NOW
from webhook.store.database import Store, StoreError
from webhook.store.status import HELD, set_status
from webhook.store.tables import status_values


def test_a_failure_of_the_database_is_a_store_error(store: Store) -> None:
    def write() -> None:
        with store.reading() as connection:
            connection.exec_driver_sql("PRAGMA query_only=ON")
            connection.exec_driver_sql("INSERT INTO facts VALUES ('a', 'b', 'c')")

    with pytest.raises(StoreError, match="readonly"):
        write()


def test_an_error_in_a_block_rolls_its_transaction_back(store: Store) -> None:
    def fail() -> None:
        with store.writing() as connection:
            connection.exec_driver_sql("INSERT INTO facts VALUES ('a', 'b', '2026-11-24')")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    with store.reading() as connection:
        assert connection.execute(select(status_values)).all() == []


def test_a_mistake_in_a_statement_is_not_a_store_error(store: Store) -> None:
    def write() -> None:
        with store.writing() as connection:
            connection.execute(insert(status_values).values(name="a"))

    with pytest.raises(IntegrityError):
        write()


def test_what_was_written_to_a_deleted_database_is_a_store_error(
    store: Store, tmp_path: Path
) -> None:
    def write() -> None:
        with store.writing() as connection:
            (tmp_path / "outbox.db").unlink()
            set_status(connection, HELD, NOW)

    with pytest.raises(StoreError, match="was deleted"):
        write()
    with store.reading() as connection:
        assert connection.execute(select(status_values)).all() == []
