"""Which delivery processes live: each holds a lock, which ends with the process.

No clock is involved. With SQLite, the operating system holds the lock, on a file beside the
database. With PostgreSQL, the server holds it for a connection. Another process takes over a mail
only if the lock of the process that sends it is free.
"""

import fcntl
import hashlib
import os
import struct
import threading
from pathlib import Path

from sqlalchemy import Connection, Engine, func, select, text
from sqlalchemy.exc import DBAPIError, OperationalError

# The server ends a connection whose other end has gone away without a word, after 50 seconds.
_KEEPALIVES = {"idle": 20, "interval": 10, "count": 3}
# Linux's struct flock: type, whence, start, length and pid. The pid is 0, because the lock belongs
# to the open file and not to the process: https://man7.org/linux/man-pages/man2/fcntl_locking.2.html
_FLOCK = "hhqqi"


class Presence:
    """The lock of one delivery process. Several threads may use it."""

    def __init__(self, engine: Engine, owner: str) -> None:
        self._engine = engine
        self._key = _key_of(owner)
        self._lock = threading.Lock()
        self._file = -1
        self._connection: Connection | None = None

    def hold(self) -> None:
        """Take the lock, unless it is still held.

        Call it in a transaction of a ``Store``, which raises StoreError if it cannot be taken.
        """
        with self._lock:
            if self._engine.dialect.name == "sqlite":
                self._hold_file()
            else:
                self._hold_connection()

    def release(self) -> None:
        """Release the lock."""
        with self._lock:
            self._close()

    def _hold_file(self) -> None:
        path = _path_of(self._engine)
        if self._file >= 0 and _is_same_file(self._file, path):
            return
        self._close()
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.fcntl(self._file, fcntl.F_OFD_SETLK, _flock(self._key))
        except OSError as error:
            self._close()
            raise OperationalError("lock", {}, error) from error

    def _hold_connection(self) -> None:
        if self._connection is not None:
            try:
                self._connection.execute(select(1))
            except DBAPIError:
                self._close()
            else:
                return
        engine = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        self._connection = engine.connect()
        try:
            for name, value in _KEEPALIVES.items():
                self._connection.execute(text(f"SET tcp_keepalives_{name} = {value}"))
            self._connection.execute(select(func.pg_advisory_lock(self._key)))
        except DBAPIError:
            self._close()
            raise

    def _close(self) -> None:
        file, self._file = self._file, -1
        if file >= 0:
            os.close(file)
        connection, self._connection = self._connection, None
        if connection is not None:
            # The lock ends with the connection, which must not go back to the pool.
            connection.invalidate()
            connection.close()


def is_present(connection: Connection, owner: str) -> bool:
    """Return whether the delivery process of this name lives.

    With PostgreSQL, a process that does not live cannot come back before the transaction ends.
    """
    key = _key_of(owner)
    if connection.dialect.name != "sqlite":
        return not connection.execute(select(func.pg_try_advisory_xact_lock(key))).scalar_one()
    path = _path_of(connection.engine)
    try:
        with path.open("rb") as file:
            found = fcntl.fcntl(file.fileno(), fcntl.F_OFD_GETLK, _flock(key))
    except FileNotFoundError:
        return False
    except OSError as error:
        raise OperationalError("lock", {}, error) from error
    kind: int = struct.unpack(_FLOCK, found)[0]
    return kind != fcntl.F_UNLCK


def _key_of(owner: str) -> int:
    """Return a number for a name: of an advisory lock, or of the locked byte of the file."""
    return int.from_bytes(hashlib.sha256(owner.encode()).digest()[:8]) >> 2


def _flock(key: int) -> bytes:
    return struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, key, 1, 0)


def _path_of(engine: Engine) -> Path:
    return Path(f"{engine.url.database}-delivery")


def _is_same_file(file: int, path: Path) -> bool:
    """Return whether an open file is still the one at this path."""
    try:
        return os.path.samestat(os.fstat(file), path.stat())
    except FileNotFoundError:
        return False
