"""A worker of gunicorn that hands only whole requests to its threads.

Gunicorn's own thread worker reads requests in its threads. Clients that send nothing, or not all of
a request, keep its threads for as long as they like. Here one loop reads all requests, each within
a deadline, and closes the oldest connections if there are too many. TLS is not supported.

Requests with a body and those without have threads of their own, so that health checks are answered
while all others wait for a database.
"""

import contextlib
import selectors
import socket
import struct
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any

from gunicorn import http
from gunicorn.http.errors import LimitRequestHeaders
from gunicorn.workers.gthread import TConn, ThreadWorker

from serving.incoming import MOST_HEAD_BYTES, IncomingRequest
from serving.refusals import refusal, status_of

# How long a client may take for a whole request, and to take each part of the answer.
REQUEST_SECONDS = 10
ANSWER_SECONDS = 10
# How long a connection stays open after its last answer, so that the client can read it although
# it still sends.
LINGER_SECONDS = 2
MOST_BODY_BYTES = 11 * 1024 * 1024
# Of all requests that are not answered yet.
MOST_BUFFERED_BYTES = 64 * 1024 * 1024
_READ_BYTES = 64 * 1024
_CHECK_SECONDS = 0.5


@dataclass
class _Waiting:
    """A connection that is read from. ``request`` is None if what arrives is thrown away."""

    request: IncomingRequest | None
    deadline: float


class WholeRequestWorker(ThreadWorker):  # type: ignore[misc] # gunicorn ships no types
    """A thread worker whose threads never wait for a client."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        # The connections that are read from, oldest first.
        self._waiting: dict[TConn, _Waiting] = {}
        # The requests that threads work on.
        self._taken: dict[TConn, IncomingRequest] = {}
        self._without_body = ThreadPoolExecutor(self.cfg.threads)
        self._buffered_bytes = 0
        self._checked_at = 0.0

    def accept(self, listener: socket.socket) -> None:
        """Accept a connection. If there are too many, close the oldest that is waited for."""
        try:
            client, address = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        except OSError as error:
            # Most likely, the process may not open more files.
            self.log.error("no connection can be accepted: %s", error)  # noqa: TRY400 - no traceback
            self._close_oldest()
            return
        self.nr_conns += 1
        # gunicorn stops to accept at worker_connections.
        while self.nr_conns >= self.worker_connections and self._waiting:
            self._close_oldest()
        seconds = struct.pack("ll", ANSWER_SECONDS, 0)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, seconds)
        conn = TConn(self.cfg, client, address, listener.getsockname())
        # Gunicorn would wrap the socket here.
        conn.initialized = True
        self._read(conn, IncomingRequest(MOST_BODY_BYTES), REQUEST_SECONDS)

    def enqueue_req(self, conn: TConn) -> None:
        """Let a thread answer a request."""
        threads = self.tpool if self._taken[conn].has_body else self._without_body
        future = threads.submit(self.handle, conn)
        future.add_done_callback(
            lambda done: self.method_queue.defer(self.finish_request, conn, done)
        )

    def handle(self, conn: TConn) -> bool:
        """Answer a request in a thread, and return whether its connection can be kept."""
        if self._taken[conn].has_head:
            return bool(super().handle(conn))
        too_long = LimitRequestHeaders(f"the head has more than {MOST_HEAD_BYTES} bytes")
        conn.sock.settimeout(None)
        self.handle_error(None, conn.sock, conn.client, too_long)
        return False

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: Exception) -> None:
        """Answer a request that cannot be read, or whose answer cannot be written."""
        if status_of(exc) >= HTTPStatus.INTERNAL_SERVER_ERROR:
            self.log.error("a request failed: %s", getattr(req, "path", ""), exc_info=exc)
        else:
            self.log.warning("a request of %s is refused: %s", addr, exc)
        with contextlib.suppress(OSError):
            client.sendall(refusal(exc))

    def finish_request(self, conn: TConn, future: "Future[bool]") -> None:
        """Read the next request of a connection that a thread has answered, or close it."""
        request = self._taken.pop(conn)
        self._buffered_bytes -= len(request)
        is_kept = self.alive and not future.cancelled() and future.exception() is None
        if is_kept and future.result() and not request.is_cut:
            following = IncomingRequest(MOST_BODY_BYTES)
            self._read(conn, following, self.cfg.keepalive)
            self._feed(conn, following, request.take()[1])
            return
        with contextlib.suppress(OSError):
            conn.sock.shutdown(socket.SHUT_WR)
        self._read(conn, None, LINGER_SECONDS)

    def murder_pending(self) -> None:
        """Close connections whose time is over. Gunicorn calls this at least once a second."""
        now = time.monotonic()
        if now < self._checked_at + _CHECK_SECONDS:
            return
        self._checked_at = now
        for conn, waiting in list(self._waiting.items()):
            is_idle = waiting.request is not None and not len(waiting.request)
            if waiting.deadline <= now or (is_idle and not self.alive):
                self._close(conn)

    def _read(self, conn: TConn, request: IncomingRequest | None, seconds: float) -> None:
        self._waiting[conn] = _Waiting(request, time.monotonic() + seconds)
        try:
            conn.sock.settimeout(0)
            self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._receive, conn))
        except (OSError, ValueError):
            # A thread has closed it.
            self._close(conn)

    def _receive(self, conn: TConn, client: socket.socket) -> None:
        """Take what has arrived on a connection."""
        waiting = self._waiting.get(conn)
        if waiting is None:
            # It was closed in favour of a newer one, after this event had been read.
            return
        try:
            data = client.recv(_READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._close(conn)
        elif waiting.request is not None:
            if not len(waiting.request):
                waiting.deadline = time.monotonic() + REQUEST_SECONDS
            self._feed(conn, waiting.request, data)

    def _feed(self, conn: TConn, request: IncomingRequest, data: bytes) -> None:
        """Add bytes to a request, and hand it to a thread when it is whole."""
        if conn not in self._waiting or not data:
            return
        request.feed(data)
        self._buffered_bytes += len(data)
        if request.is_whole:
            self._stop_reading(conn)
            self._taken[conn] = request
            conn.parser = http.get_parser(self.cfg, [request.take()[0]], conn.client)
            self.enqueue_req(conn)
        elif request.wants_continue:
            request.wants_continue = False
            with contextlib.suppress(OSError):
                conn.sock.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        while self._buffered_bytes > MOST_BUFFERED_BYTES and self._waiting:
            self._close_oldest()

    def _stop_reading(self, conn: TConn) -> _Waiting:
        with contextlib.suppress(OSError, KeyError, ValueError):
            self.poller.unregister(conn.sock)
        return self._waiting.pop(conn)

    def _close_oldest(self) -> None:
        oldest = next(iter(self._waiting), None)
        if oldest is not None:
            self._close(oldest)

    def _close(self, conn: TConn) -> None:
        waiting = self._stop_reading(conn)
        self._buffered_bytes -= len(waiting.request or b"")
        self.nr_conns -= 1
        conn.close()
