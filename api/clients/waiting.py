"""A bound on the requests that wait, so that threads stay free for health checks and the rest."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

# Of all requests that ask Prometheus or the webhook, or wait for another that asks the same. The
# settings of gunicorn have more threads.
MOST_WAITING = 128


class BusyError(Exception):
    """So many requests wait already that this one is not let in."""


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
