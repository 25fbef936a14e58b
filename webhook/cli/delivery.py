"""flask --app webhook db upgrade, and flask --app webhook deliver."""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import click
from flask import Flask

from webhook.cli.store_group import StoreGroup
from webhook.store.database import Store

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class RunDelivery(Protocol):
    """What the command ``deliver`` runs."""

    def __call__(self, stop: threading.Event, *, once: bool) -> bool:
        """Deliver until ``stop`` is set, or only what is due now if ``once``.

        Return False if the SMTP server or the store prevented an attempt.
        """


def register(app: Flask, store: Store, run_delivery: RunDelivery) -> None:
    """Give ``app`` the commands ``db`` and ``deliver``."""
    database = StoreGroup("db", help="The tables of the store.")

    @database.command("upgrade")
    def upgrade() -> None:
        """Bring the tables up to date; every part does so by itself when it starts."""
        store.prepare()
        click.echo("the tables are up to date")

    @app.cli.command("deliver")
    @click.option("--once", is_flag=True, help="Send what is due now, then end.")
    def deliver(*, once: bool) -> None:
        """Send what is in the outbox, until SIGTERM; the mail in hand is finished.

        With --once the status is 1 if the SMTP server or the store kept mail from being tried.
        """
        with stopped_by_signals() as stop:
            has_tried_all = run_delivery(stop, once=once)
        if not has_tried_all:
            sys.exit(1)

    app.cli.add_command(database)


@contextmanager
def stopped_by_signals() -> Iterator[threading.Event]:
    """Give an event that SIGTERM or SIGINT set at once, without interrupting the main thread.

    Both are blocked before any other thread starts, and a thread of their own waits for them. A
    signal handler would run only after the main thread has finished its current wait.
    """
    stop = threading.Event()
    done = threading.Event()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)

    def wait() -> None:
        while not done.is_set():
            signal.sigwait(STOP_SIGNALS)
            stop.set()

    waiter = threading.Thread(target=wait, name="signals", daemon=True)
    waiter.start()
    try:
        yield stop
    finally:
        done.set()
        if waiter.ident is not None and waiter.is_alive():
            signal.pthread_kill(waiter.ident, signal.SIGTERM)
        waiter.join()
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
