"""Databases of both kinds in which the outbox can be: new ones, and locked ones."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, text

KINDS = ("sqlite", "postgresql")
_HOLD = """\
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.read()
"""


@contextmanager
def database(kind: str, folder: Path, server_url: str, like: str = "") -> Iterator[str]:
    """Give the URL of a new database inside the ``with`` block.

    Args:
        kind: one of KINDS.
        folder: where a SQLite database is kept.
        server_url: the PostgreSQL server, such as the fixture ``postgres_url``.
        like: options of PostgreSQL's CREATE DATABASE.

    """
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


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Let another process hold SQLite's write lock inside the ``with`` block."""
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD, path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "locked\n"
        yield
        process.communicate(timeout=30)
