"""flask --app webhook db upgrade, and flask --app webhook deliver."""

import sys
import threading
from typing import Protocol

import click
from flask import Flask

from webhook.cli.failures import StoreGroup, short_failures
from webhook.cli.signals import stopped_by_signals
from webhook.store.database import Store


class RunDelivery(Protocol):
    """What the command ``deliver`` runs."""

    def __call__(self, stop: threading.Event, *, once: bool) -> bool:
        """Deliver until ``stop`` is set, or only what is due now if ``once``.

        Return False if the SMTP server or the store prevented an attempt.
        """


def register(app: Flask, store: Store, run_delivery: RunDelivery) -> None:
    """Give ``app`` the commands ``db`` and ``deliver``."""
    database = StoreGroup("db", help="Upgrade the tables of the database.")

    @database.command("upgrade")
    def upgrade() -> None:
        """Bring the tables up to date.

        The webhook and delivery also do this when they start.
        """
        store.prepare()
        click.echo("the tables are up to date")

    @app.cli.command("deliver")
    @click.option("--once", is_flag=True, help="Send the mails that are due now, then end.")
    def deliver(*, once: bool) -> None:
        """Send the mails in the outbox until SIGTERM or Ctrl-C.

        A mail that is being sent is finished first. With --once, the status is 1 if mails could
        not be tried because the SMTP server or the store failed.
        """
        with short_failures(), stopped_by_signals() as stop:
            has_tried_all = run_delivery(stop, once=once)
        if not has_tried_all:
            sys.exit(1)

    app.cli.add_command(database)
