"""A deadline for a whole HTTP exchange.

The timeouts of requests bound each wait for the next bytes, never the sum of all waits.
"""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

# Idle ones that are kept; more are opened if more threads ask at once.
_MOST_CONNECTIONS = 128
_current = threading.local()


class Deadline:
    """Shuts down the sockets that this thread waits on when the time is over."""

    def __init__(self) -> None:
        self.has_passed = False
        self._is_done = False
        self._sockets: list[socket.socket] = []
        self._lock = threading.Lock()

    def watch(self, connection: socket.socket) -> None:
        """Shut this socket down at the deadline; at once if it has passed."""
        with self._lock:
            self._sockets.append(connection)
            if self.has_passed:
                _shut(connection)

    def pass_by(self) -> None:
        """End the exchange that is under way, unless it is finished."""
        with self._lock:
            if self._is_done:
                return
            self.has_passed = True
            for connection in self._sockets:
                _shut(connection)

    def finish(self) -> None:
        """Leave the sockets alone from now on: other threads may use them."""
        with self._lock:
            self._is_done = True


def _shut(connection: socket.socket) -> None:
    # It may be closed already, or replaced by a TLS socket.
    with suppress(OSError, ValueError):
        connection.shutdown(socket.SHUT_RDWR)


@contextmanager
def deadline(seconds: float) -> Iterator[Deadline]:
    """End the block's exchange on a session of ``open_session`` after ``seconds``.

    A wait for bytes then fails with some error, and ``has_passed`` is True.
    """
    mine = _current.deadline = Deadline()
    timer = threading.Timer(seconds, mine.pass_by)
    timer.daemon = True
    timer.start()
    try:
        yield mine
    finally:
        timer.cancel()
        mine.finish()
        _current.deadline = None


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Let all exchanges of this thread inside the block end within so many seconds, together."""
    _current.end = time.monotonic() + seconds
    try:
        yield
    finally:
        _current.end = None


def seconds_left(most: float) -> float:
    """Return how long this thread may wait: at most ``most``, and until the end of ``within``."""
    end: float | None = getattr(_current, "end", None)
    return most if end is None else min(most, end - time.monotonic())


def _watch(connection: Any) -> None:
    watching: Deadline | None = getattr(_current, "deadline", None)
    if watching is not None and connection is not None:
        watching.watch(connection)


class _Watched(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        found = super()._new_conn()
        _watch(found)
        return found

    def connect(self) -> None:
        super().connect()
        _watch(self.sock)

    def request(self, *arguments: Any, **options: Any) -> None:
        _watch(self.sock)
        super().request(*arguments, **options)


class _WatchedSecurely(_Watched, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Watched


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _WatchedSecurely


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}


class _Session(requests.Session):
    def get_redirect_target(self, _: requests.Response) -> None:
        """Return None: to look for a target, requests would read the whole answer."""


def open_session() -> requests.Session:
    """Return a session that keeps connections open, for all threads, and follows no redirects."""
    session = _Session()
    for scheme in ("http://", "https://"):
        session.mount(scheme, _Adapter(pool_maxsize=_MOST_CONNECTIONS))
    return session
