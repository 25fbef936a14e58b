"""The two databases that the outbox can be in, each real."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, text

KINDS = ("sqlite", "postgresql")


@contextmanager
def database(kind: str, folder: Path, server_url: str, like: str = "") -> Iterator[str]:
    """Give the address of a new database; ``like`` is more of PostgreSQL's CREATE DATABASE."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'outbox.db'}"
        return
    name = f"outbox_{abs(hash(folder))}"
    engine = create_engine(server_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} {like}"))
    yield server_url.rpartition("/")[0] + f"/{name}"
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()
