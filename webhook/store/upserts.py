"""Inserts that keep or update a row that is already there, for SQLite and PostgreSQL."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_new(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert the rows whose keys do not exist yet. Return how many were inserted."""
    insert = _insert(connection, table).on_conflict_do_nothing()
    # SQLAlchemy keeps the row count of an insert only on request.
    options = {"preserve_rowcount": True}
    return connection.execute(insert, list(rows), execution_options=options).rowcount


def upsert(
    connection: Connection, table: Table, key: Mapping[str, Any], values: Mapping[str, Any]
) -> None:
    """Insert a row, or set ``values`` in the existing row with this key."""
    insert = _insert(connection, table).values(**key, **values)
    connection.execute(insert.on_conflict_do_update(index_elements=list(key), set_=dict(values)))


def add_to(connection: Connection, table: Table, key: Mapping[str, Any], value: float) -> None:
    """Add ``value`` to the row with this key. A missing row counts as zero."""
    insert = _insert(connection, table).values(**key, value=value)
    total = table.c.value + insert.excluded.value
    connection.execute(
        insert.on_conflict_do_update(index_elements=list(key), set_={"value": total})
    )


def _insert(connection: Connection, table: Table) -> postgresql.Insert | sqlite.Insert:
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)
