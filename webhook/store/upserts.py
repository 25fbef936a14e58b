"""Inserts that mind what is there, in the words of either database."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_new(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert rows whose keys are not there yet, and return how many these were."""
    insert = _insert(connection, table).on_conflict_do_nothing()
    # Of an insert the count is kept only where that is asked for.
    options = {"preserve_rowcount": True}
    return connection.execute(insert, list(rows), execution_options=options).rowcount


def upsert(
    connection: Connection, table: Table, key: Mapping[str, Any], values: Mapping[str, Any]
) -> None:
    """Insert a row, or give the one with this key these values."""
    insert = _insert(connection, table).values(**key, **values)
    connection.execute(insert.on_conflict_do_update(index_elements=list(key), set_=dict(values)))


def add_to(connection: Connection, table: Table, key: Mapping[str, Any], value: float) -> None:
    """Add to the value of the row with this key; where there is none, it was zero."""
    insert = _insert(connection, table).values(**key, value=value)
    total = table.c.value + insert.excluded.value
    connection.execute(
        insert.on_conflict_do_update(index_elements=list(key), set_={"value": total})
    )


def _insert(connection: Connection, table: Table) -> postgresql.Insert | sqlite.Insert:
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)
