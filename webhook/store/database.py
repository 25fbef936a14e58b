"""Access to the database: transactions with a limit on every wait.

Every failure of the database is a StoreError. SQLite runs with a write-ahead log and full sync.
"""

import logging
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    IntegrityError,
    NotSupportedError,
    ProgrammingError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from webhook.store.sqlite_file import SqliteFile
from webhook.store.upgrade import is_current, upgrade, use_write_ahead_log

# Alertmanager waits for an answer, so every wait for the database has a limit.
BUSY_SECONDS = 5
CONNECT_SECONDS = 5
STATEMENT_SECONDS = 15

_POOL_SIZE, _POOL_OVERFLOW = 8, 24
# https://www.postgresql.org/docs/current/errcodes-appendix.html
_LOCK_NOT_AVAILABLE = "55P03"

_log = logging.getLogger(__name__)


class StoreError(Exception):
    """The database cannot be read or written now. A later attempt may succeed."""


class StoreBusyError(StoreError):
    """Others kept the database from being written for as long as this waits."""


class Store:
    """A database. The first use that succeeds brings its tables up to date."""

    def __init__(self, url: str) -> None:
        self.engine = _make_engine(url)
        self._upgraded = False
        self._lock = threading.Lock()
        # SQLite allows one writer at a time, and a second one retries after ever longer pauses.
        # The threads of this process wait for this lock instead.
        is_sqlite = self.engine.dialect.name == "sqlite"
        self._write_lock = threading.Lock() if is_sqlite else None
        self._file = SqliteFile(Path(self.engine.url.database or "")) if is_sqlite else None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection in a transaction that only reads.

        Raises:
            StoreError: the database cannot be read.

        """
        with self._transaction(self.engine) as connection:
            yield connection

    @contextmanager
    def writing(self, until: float | None = None) -> Iterator[Connection]:
        """Give a connection in a transaction that is committed at the end of the block.

        If the block raises, the transaction is rolled back.

        Args:
            until: when to stop waiting for others that write, on the monotonic clock. By default
                BUSY_SECONDS from now.

        Raises:
            StoreError: the database cannot be written; nothing is committed.

        """
        until = deadline() if until is None else until
        writes = self.engine.execution_options(writes=True, until=until)
        with _held(self._write_lock, until), self._transaction(writes) as connection:
            yield connection
        if self._is_replaced():
            raise StoreError("the database was deleted or replaced meanwhile")

    def prepare(self) -> None:
        """Bring the tables up to date, unless this store has done so already.

        Raises:
            StoreError: the database cannot be reached.
            webhook.store.upgrade.SchemaError: its tables are of a newer version.

        """
        with _held(self._lock, deadline()):
            if self._upgraded:
                return
            with _translated_errors():
                if self._file is not None:
                    self._file.prepare()
                use_write_ahead_log(self.engine)
                if not is_current(self.engine):
                    upgrade(self.engine.execution_options(writes=True))
                    _log.info("the tables of the store are up to date")
            self._upgraded = True

    def close(self) -> None:
        """Close all connections, for example before a fork. New ones open when needed."""
        self.engine.dispose()

    @contextmanager
    def _transaction(self, engine: Engine) -> Iterator[Connection]:
        if self._upgraded and self._is_replaced():
            self._reopen()
        if not self._upgraded:
            self.prepare()
        with _translated_errors(), engine.begin() as connection:
            yield connection

    def _is_replaced(self) -> bool:
        return self._file is not None and self._file.is_replaced()

    def _reopen(self) -> None:
        """Leave a file that was deleted or replaced. The next use opens the one at its path."""
        with _held(self._lock, deadline()):
            if self._upgraded and self._is_replaced():
                _log.error("the database was deleted or replaced; what was only in it is lost")
                self.engine.dispose()
                self._upgraded = False


def deadline() -> float:
    """Return when to stop waiting for the database, on the monotonic clock."""
    return time.monotonic() + BUSY_SECONDS


# As text, because threading.Lock was a function before Python 3.13.
@contextmanager
def _held(lock: "threading.Lock | None", until: float) -> Iterator[None]:
    """Hold a lock, if there is one. Raise StoreError if it is not free until then."""
    if lock is None:
        yield
        return
    if not lock.acquire(timeout=max(0, until - time.monotonic())):
        raise StoreBusyError("others keep writing to the database")
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _translated_errors() -> Iterator[None]:
    """Raise StoreError for failures of the database, and leave mistakes in our SQL as they are."""
    try:
        yield
    except (IntegrityError, ProgrammingError, DataError, NotSupportedError):
        raise
    except DBAPIError as error:
        kind = StoreBusyError if _is_lock_timeout(error) else StoreError
        raise kind(f"{type(error.orig).__name__}: {error.orig}") from error
    except PoolTimeoutError as error:
        raise StoreError("all connections to the database are in use") from error


def _is_lock_timeout(error: DBAPIError) -> bool:
    """Return whether a lock of somebody else lasted longer than this waits: SQLite, PostgreSQL."""
    # The lower eight bits of an extended code are the code. Errors of the driver itself have none.
    if getattr(error.orig, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY:
        return True
    return getattr(error.orig, "sqlstate", "") == _LOCK_NOT_AVAILABLE


def _make_engine(url: str) -> Engine:
    is_sqlite = make_url(url).get_backend_name() == "sqlite"
    options = (
        {"timeout": BUSY_SECONDS}
        if is_sqlite
        else {
            "connect_timeout": CONNECT_SECONDS,
            "options": f"-c statement_timeout={STATEMENT_SECONDS}s -c lock_timeout={BUSY_SECONDS}s"
            f" -c idle_in_transaction_session_timeout=60s -c client_encoding=UTF8",
        }
    )
    engine = create_engine(
        url,
        connect_args=options,
        pool_size=_POOL_SIZE,
        max_overflow=_POOL_OVERFLOW,
        pool_timeout=BUSY_SECONDS,
        pool_pre_ping=not is_sqlite,
        # Addresses and mails must not appear in the log.
        hide_parameters=True,
    )
    if is_sqlite:
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: object, _record: object) -> None:
    # Stop the driver from starting transactions itself; _begin_sqlite starts them.
    connection.isolation_level = None  # type: ignore[attr-defined]
    cursor = connection.cursor()  # type: ignore[attr-defined]
    # With a write-ahead log, only FULL survives a loss of power.
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # SQLite refuses to turn a read transaction into a write one after another process has
    # written, so a transaction that will write takes the write lock at its start.
    options = connection.get_execution_options()
    left_seconds = max(0, options.get("until", deadline()) - time.monotonic())
    connection.exec_driver_sql(f"PRAGMA busy_timeout={int(left_seconds * 1_000)}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("writes") else "BEGIN")
