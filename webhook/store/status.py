"""Status values that webhook and delivery process leave for each other, each with its time.

They are stored in the table ``facts``.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select

from webhook.store.tables import status_values
from webhook.store.upserts import insert_new, upsert

# When the tables were first used.
STARTED = "started"
# When the watchdog alert last arrived.
WATCHDOG = "watchdog"
# When people were notified that it stopped arriving. The value is when it last arrived (ISO 8601).
# Databases have the name "silence" for it. It is no silence of Alertmanager, which mutes alerts.
WATCHDOG_MISSING = "silence"
# Since when delivery is held. The value is the reason.
HELD = "held"
# When people were last notified of mails that failed or expired.
REPORTED = "reported"
# When the webhook last found out whether the store can be written.
PROBE = "probe"
# When a delivery process was last running. The value is its name.
DELIVERER = "deliverer"


@dataclass(frozen=True)
class StatusValue:
    """A value and when it was stored (aware, UTC)."""

    value: str
    at: datetime


def set_status(connection: Connection, name: str, at: datetime, value: str = "") -> None:
    """Store a status value, in place of any former one of this name."""
    upsert(connection, status_values, {"name": name}, {"at": at, "value": value})


def add_status(connection: Connection, name: str, at: datetime, value: str = "") -> bool:
    """Store a status value unless there is one of this name. Return whether it was stored."""
    return insert_new(connection, status_values, [{"name": name, "at": at, "value": value}]) == 1


def clear_status(connection: Connection, name: str) -> bool:
    """Remove a status value. Return whether there was one."""
    which = status_values.c.name == name
    return bool(connection.execute(delete(status_values).where(which)).rowcount)


def read_status(connection: Connection) -> dict[str, StatusValue]:
    """Return all status values by name, except PROBE, which is long."""
    columns = status_values.c
    query = select(columns.name, columns.value, columns.at).where(columns.name != PROBE)
    rows = connection.execute(query)
    return {name: StatusValue(value, at) for name, value, at in rows}
