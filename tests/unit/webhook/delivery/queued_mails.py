"""An outbox and a delivery process in tests."""

import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from tests.unit.webhook.samples import SENDER, FakeConnection
from webhook.delivery.session import Session
from webhook.delivery.worker import Deliverer
from webhook.store.database import Store
from webhook.store.outbox import SECOND, Mail, add_mails
from webhook.store.tables import envelopes

A, B, C = "a@example.com", "b@example.com", "c@example.com"


def queue(store: Store, *recipients: str, priority: int = SECOND) -> None:
    """Queue a mail to each of these recipients."""
    mails = [
        Mail(to, "subject", f"<{to}-{priority}@x>", b"content of " + to.encode(), "", priority)
        for to in recipients
    ]
    with store.writing() as connection:
        add_mails(connection, mails, datetime.now(UTC))


def make(store: Store, connection: FakeConnection) -> Deliverer:
    """Return a delivery process that sends over this connection."""
    stop = threading.Event()
    return Deliverer(store, Session(lambda: connection, SENDER.addr_spec, stop), stop)


def rows(store: Store, *columns: str) -> Sequence[tuple[Any, ...]]:
    """Return columns of all envelopes, oldest first."""
    with store.reading() as connection:
        query = select(*(envelopes.c[name] for name in columns)).order_by(envelopes.c.mail_id)
        return [tuple(row) for row in connection.execute(query)]


def states(store: Store) -> list[str]:
    """Return the states of all mails, oldest first."""
    return [state for (state,) in rows(store, "state")]


def age(store: Store, by: timedelta, **values: Any) -> None:
    """Change all mails as if they had been queued earlier."""
    with store.writing() as connection:
        connection.execute(update(envelopes).values(queued_at=datetime.now(UTC) - by, **values))
