"""The store: what was told to whom, the outbox, and what is known of the pipeline.

SQLite with a write-ahead log and full sync, or PostgreSQL where several webhooks share one.
"""

import logging
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    IntegrityError,
    NotSupportedError,
    ProgrammingError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from webhook.store.upgrade import is_current, upgrade, use_write_ahead_log

# Every wait for the database ends: an answer must come while Alertmanager waits for it.
BUSY_SECONDS = 5
CONNECT_SECONDS = 5
STATEMENT_SECONDS = 15

_POOL_SIZE, _POOL_MORE = 8, 24

_log = logging.getLogger(__name__)


class StoreError(Exception):
    """The store cannot read or commit now; trying again later may help."""


class Store:
    """A database. Its tables are brought up to date at the first use that succeeds."""

    def __init__(self, url: str) -> None:
        self.engine = _make_engine(url)
        self._upgraded = False
        self._lock = threading.Lock()
        # SQLite has one writer at a time, and lets the others ask again and again after naps that
        # grow: the threads of a process wait in turn instead.
        is_sqlite = self.engine.dialect.name == "sqlite"
        self._turn: AbstractContextManager[object] = (
            threading.Lock() if is_sqlite else nullcontext()
        )

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection in a transaction that only reads.

        Raises:
            StoreError: it cannot be had.

        """
        with self._transaction(self.engine) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection in a transaction that is committed at the end of the block.

        Where the block raises, nothing of it is kept.

        Raises:
            StoreError: it cannot be had, or not committed.

        """
        writes = self.engine.execution_options(writes=True)
        with self._turn, self._transaction(writes) as connection:
            yield connection

    def prepare(self) -> None:
        """Bring the tables up to date.

        Raises:
            StoreError: the database cannot be reached, or is that of a newer version.

        """
        with self._lock:
            if self._upgraded:
                return
            with _translated():
                use_write_ahead_log(self.engine)
                if not is_current(self.engine):
                    upgrade(self.engine.execution_options(writes=True))
                    _log.info("the tables of the store are up to date")
            self._upgraded = True

    def close(self) -> None:
        """Close all connections, so that none is carried over a fork; others open as needed."""
        self.engine.dispose()

    @contextmanager
    def _transaction(self, engine: Engine) -> Iterator[Connection]:
        if not self._upgraded:
            self.prepare()
        with _translated(), engine.begin() as connection:
            yield connection


@contextmanager
def _translated() -> Iterator[None]:
    """Turn what a database does into StoreError; what our statements do wrong stays as it is."""
    try:
        yield
    except (IntegrityError, ProgrammingError, DataError, NotSupportedError):
        raise
    except DBAPIError as error:
        raise StoreError(f"{type(error.orig).__name__}: {error.orig}") from error
    except PoolTimeoutError as error:
        raise StoreError("all connections to the database are in use") from error


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
        max_overflow=_POOL_MORE,
        pool_timeout=BUSY_SECONDS,
        pool_pre_ping=not is_sqlite,
        # What is stored is nobody's business in a log.
        hide_parameters=True,
    )
    if is_sqlite:
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: object, _record: object) -> None:
    # The driver begins no transaction by itself: those below are ours from their first statement.
    connection.isolation_level = None  # type: ignore[attr-defined]
    cursor = connection.cursor()  # type: ignore[attr-defined]
    # With a write-ahead log, FULL is what survives a loss of power.
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that read first could not become one that writes after another has written.
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
