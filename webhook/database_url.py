"""Checking ``DATABASE_URL``: which databases the store can use."""

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError


def parse_database_url(text: str) -> str:
    """Return ``text`` if it names a database that the store can use.

    Raises:
        ValueError: it does not.

    """
    try:
        url = make_url(text)
    except ArgumentError:
        url = make_url("none://")
    # Every connection to an in-memory database would get its own, and a restart would lose it.
    # The files beside a database are found by its path, which a URI (file:…) is not.
    in_file = url.database not in (None, "", ":memory:") and not {"mode", "uri"} & set(url.query)
    if url.drivername in ("sqlite", "sqlite+pysqlite") and in_file:
        return text
    if url.drivername == "postgresql+psycopg" and url.database:
        return text
    raise ValueError(
        "is no database that can be used; write sqlite:////path/of/outbox.db or "
        "postgresql+psycopg://user:password@host/name"
    )


def add_password(database_url: str, password: str) -> str:
    """Return the address with ``password`` added, if it has a user but no password."""
    if not database_url or not password:
        return database_url
    url = make_url(database_url)
    if not url.username or url.password is not None:
        return database_url
    return url.set(password=password).render_as_string(hide_password=False)
