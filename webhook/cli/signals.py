"""Signals that ask a command to stop."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)


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
