"""Clients that take as long as a server lets them: silent, unfinished and slow connections."""

import contextlib
import selectors
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

HOST = "127.0.0.1"
CONNECT_SECONDS = 10
_EACH_SECONDS = 1.0


class _SlowClient:
    """A connection that sends its start, and then at most one byte each second.

    If the server closes it, it connects again.
    """

    def __init__(self, port: int, start: bytes, drip: bytes) -> None:
        self._port = port
        self._start = start
        self._drip = drip
        self._socket: socket.socket | None = None

    def advance(self) -> None:
        """Connect, or send the next byte."""
        try:
            if self._socket is None or self._is_closed(self._socket):
                self.close()
                self._socket = socket.create_connection((HOST, self._port), CONNECT_SECONDS)
                self._socket.settimeout(0)
                self._socket.sendall(self._start)
            elif self._drip:
                self._socket.sendall(self._drip)
        except OSError:
            self.close()

    def close(self) -> None:
        """Close the connection."""
        if self._socket is not None:
            self._socket.close()
        self._socket = None

    @staticmethod
    def _is_closed(connection: socket.socket) -> bool:
        with selectors.DefaultSelector() as selector:
            selector.register(connection, selectors.EVENT_READ)
            if not selector.select(0):
                return False
        with contextlib.suppress(OSError):
            return connection.recv(65_536) == b""
        return True


def silent(port: int) -> _SlowClient:
    """Return a client that connects and sends nothing."""
    return _SlowClient(port, b"", b"")


def unfinished(port: int, token: str) -> _SlowClient:
    """Return a client that announces a body and sends only its beginning."""
    return _SlowClient(port, _head(token) + b'{"alerts": [', b"")


def dripping_body(port: int, token: str) -> _SlowClient:
    """Return a client that sends its body byte by byte."""
    return _SlowClient(port, _head(token), b" ")


def dripping_head(port: int) -> _SlowClient:
    """Return a client that sends its headers byte by byte."""
    return _SlowClient(port, b"POST /alerts HTTP/1.1\r\nX-Slow: ", b"x")


def _head(token: str) -> bytes:
    return (
        f"POST /alerts HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Bearer {token}\r\n"
        "Content-Type: application/json\r\nContent-Length: 10000\r\n\r\n"
    ).encode()


@contextmanager
def besieged(clients: list[_SlowClient]) -> Iterator[None]:
    """Keep these clients connected inside the ``with`` block."""
    stopped = threading.Event()

    def advance_all() -> None:
        while not stopped.wait(_EACH_SECONDS):
            for client in clients:
                client.advance()

    for client in clients:
        client.advance()
    thread = threading.Thread(target=advance_all)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()
        for client in clients:
            client.close()


def all_kinds(port: int, token: str) -> list[_SlowClient]:
    """Return 200 silent clients, 200 with unfinished bodies, and 100 that drip."""
    kinds: list[tuple[int, Callable[[], _SlowClient]]] = [
        (200, lambda: silent(port)),
        (100, lambda: unfinished(port, token)),
        (100, lambda: unfinished(port, "wrong")),
        (50, lambda: dripping_body(port, token)),
        (50, lambda: dripping_head(port)),
    ]
    return [make() for count, make in kinds for _ in range(count)]
