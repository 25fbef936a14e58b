"""Bounds on the requests that wait, and on those that hold much memory, at the same time."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from quotas.http.deadline import seconds_left

# Of all requests that ask Prometheus or the webhook, or wait for another that asks the same. The
# settings of gunicorn have more threads.
MOST_WAITING = 128

# Requests with much data: at most so many are read and answered at a time.
MOST_LARGE = 2
_LONGEST_TURN_SECONDS = 60


class BusyError(Exception):
    """So many requests wait already, or hold much memory, that this one is not let in."""


class WaitingRoom:
    """Places for requests that wait for another server."""

    def __init__(self, places: int = MOST_WAITING) -> None:
        self._places = places
        self._free = threading.BoundedSemaphore(places)

    @contextmanager
    def place(self) -> Iterator[None]:
        """Hold a place during the block.

        Raises:
            BusyError: none is free. It is raised at once.

        """
        if not self._free.acquire(blocking=False):
            raise BusyError(f"{self._places} requests wait for data already; try again later")
        try:
            yield
        finally:
            self._free.release()


class LargeRequests:
    """Turns of requests that turn out to hold much memory; each is answered by one thread."""

    def __init__(self, most: int = MOST_LARGE) -> None:
        self._free = threading.BoundedSemaphore(most)
        self._mine = threading.local()

    @contextmanager
    def request(self) -> Iterator[None]:
        """Answer a request in the block; its turn ends with it, if it had one."""
        self._mine.has_turn = False
        try:
            yield
        finally:
            if self._mine.has_turn:
                self._mine.has_turn = False
                self._free.release()

    def begin(self) -> None:
        """Wait for the turn of this thread's request, unless it has it already.

        Raises:
            BusyError: others take all the time that this request has.

        """
        if self._mine.has_turn:
            return
        if not self._free.acquire(timeout=max(0.0, seconds_left(_LONGEST_TURN_SECONDS))):
            raise BusyError("others ask for much data at the moment; try again later")
        self._mine.has_turn = True
