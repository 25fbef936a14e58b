"""Schema versions: whether a database has the newest tables, and upgrading it."""

import time
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import OperationalError

from webhook.store.tables import HEAD

_MIGRATIONS = Path(__file__).parent / "migrations"
_WAL_SECONDS = 10
# Any number that no other program uses on this database.
_ADVISORY_LOCK = 7_346_021


class SchemaError(Exception):
    """The tables are of another version of this program. The message says what to do."""


def is_current(engine: Engine) -> bool:
    """Return whether the database has the newest tables."""
    with engine.begin() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return False
        found = connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all()
        return list(found) == [HEAD]


def upgrade(engine: Engine) -> None:
    """Run all missing migrations in one transaction. Only one process does this at a time.

    Raises:
        SchemaError: the tables are of a newer version than this program.

    """
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})"))
        config = make_config()
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise SchemaError(
                f"the tables of DATABASE_URL are of a version that this program does not know "
                f"({error}); run the newer program, or name another database"
            ) from error


def make_config() -> Config:
    """Return Alembic's configuration, which is made here and not read from a file."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return config


def use_write_ahead_log(engine: Engine) -> None:
    """Switch an SQLite database to a write-ahead log, so that readers and writers do not block.

    The setting is stored in the database, but a backup that was put in its place may lack it.
    SQLite does not wait for other processes when it switches, so this function retries.
    """
    if engine.dialect.name != "sqlite":
        return
    raw = engine.raw_connection()
    try:
        end = time.monotonic() + _WAL_SECONDS
        while True:
            try:
                raw.cursor().execute("PRAGMA journal_mode=WAL")
                break
            except engine.dialect.loaded_dbapi.OperationalError as error:
                if time.monotonic() > end:
                    raise OperationalError("PRAGMA journal_mode", {}, error) from error
                time.sleep(0.05)
    finally:
        raw.close()
