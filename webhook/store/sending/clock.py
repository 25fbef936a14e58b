"""The database's clock, by which mails are due and leases end.

Delivery processes on several machines share a PostgreSQL server. Its clock is the same for all of
them. Processes that share an SQLite database run on one machine, and share that machine's clock.
"""

import time
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, func, select


def read_clock(connection: Connection) -> datetime:
    """Return the current time by the database's clock (aware, UTC)."""
    if connection.dialect.name == "sqlite":
        return datetime.now(UTC)
    found: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
    return found.astimezone(UTC)


class Clock:
    """The database's clock without a query each time. It goes on by this process's own time."""

    def __init__(self) -> None:
        self._read = datetime.now(UTC)
        # On the monotonic clock.
        self._read_at = time.monotonic()

    def set_by(self, connection: Connection) -> datetime:
        """Read the database's clock. Return its time."""
        self._read, self._read_at = read_clock(connection), time.monotonic()
        return self._read

    def now(self) -> datetime:
        """Return the time by the database's clock (aware, UTC)."""
        return self._read + timedelta(seconds=time.monotonic() - self._read_at)
