"""Single facts that webhook and delivery process leave for each other, each with its time."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select

from webhook.store.tables import facts
from webhook.store.upserts import insert_new, upsert

# When the tables were first used, when the watchdog last came, since when its silence is told.
STARTED, WATCHDOG, SILENCE = "started", "watchdog", "silence"
# Why delivery is held, and since when; when a delivery process was last there.
HELD, DELIVERER = "held", "deliverer"


@dataclass(frozen=True)
class Fact:
    """A fact: ``at`` is aware, in UTC."""

    value: str
    at: datetime


def put_fact(connection: Connection, name: str, at: datetime, value: str = "") -> None:
    """Store a fact in place of the one of this name."""
    upsert(connection, facts, {"name": name}, {"at": at, "value": value})


def add_fact(connection: Connection, name: str, at: datetime, value: str = "") -> bool:
    """Store a fact unless there is one of this name; return whether it was stored."""
    return insert_new(connection, facts, [{"name": name, "at": at, "value": value}]) == 1


def get_facts(connection: Connection) -> dict[str, Fact]:
    """Return all facts by name."""
    rows = connection.execute(select(facts.c.name, facts.c.value, facts.c.at))
    return {name: Fact(value, at) for name, value, at in rows}


def remove_fact(connection: Connection, name: str) -> bool:
    """Remove a fact; return whether it was there."""
    return bool(connection.execute(delete(facts).where(facts.c.name == name)).rowcount)
