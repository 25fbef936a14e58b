"""The command line: flask --app webhook db upgrade, deliver and outbox."""

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import click
from flask import Flask

from webhook.cli.outbox import StoreGroup, make_group
from webhook.delivery.worker import Deliverer
from webhook.store.database import Store

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def register(
    app: Flask,
    store: Store,
    retention: timedelta,
    make_deliverer: Callable[[threading.Event], Deliverer],
) -> None:
    """Give ``app`` its commands."""
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
            deliverer = make_deliverer(stop)
            if not once:
                deliverer.run()
            elif not deliverer.run_once():
                sys.exit(1)

    app.cli.add_command(database)
    app.cli.add_command(make_group(store, retention))


@contextmanager
def stopped_by_signals() -> Iterator[threading.Event]:
    """Give an event that SIGTERM or SIGINT set, at once and without disturbing what is under way.

    They are blocked before any other thread starts, and waited for in one of their own: a handler
    would run only when the main thread returns from whatever it waits for.
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
