"""Exchanges with the SMTP server that end in time, whatever the server does.

A timeout of a socket limits each wait, but a server that sends a byte now and then makes a reply
last for ever. So each exchange runs in a thread of its own, and its connection is cut when its
deadline has passed, or when the process has to stop.
"""

import contextlib
import logging
import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Callable
from typing import IO, Any, Protocol, TypeVar

# How soon a stop is noticed, and how long an exchange may take to end after it was cut.
POLL_SECONDS = 0.1
END_SECONDS = 2
LONGEST_REPLY_BYTES = 64 * 1024

Result = TypeVar("Result")

_log = logging.getLogger(__name__)


class Cuttable(Protocol):
    """What an exchange uses."""

    @property
    def deadline(self) -> float:
        """When the exchange must be over, on the monotonic clock. It may change meanwhile."""

    @property
    def stop_seconds(self) -> float:
        """For how long the exchange may go on after the process was asked to stop."""

    def cut(self) -> None:
        """Make whatever waits for the server fail at once."""


class CutOffError(Exception):
    """The exchange was cut and has still not ended. Its thread ends later, without any effect."""


def run(work: Callable[[], Result], connection: Cuttable, stop: threading.Event) -> Result:
    """Call ``work`` in a thread, and cut the connection if it does not end in time.

    Raises:
        CutOffError: it has not ended although it was cut.

    """
    done = threading.Event()
    results: list[Result] = []
    errors: list[BaseException] = []

    def keep_result() -> None:
        try:
            results.append(work())
        except BaseException as error:  # noqa: BLE001 - raised again below
            errors.append(error)
        finally:
            done.set()

    threading.Thread(target=keep_result, name="smtp", daemon=True).start()
    stopped_at = None
    while not done.wait(POLL_SECONDS):
        now = time.monotonic()
        if stop.is_set() and stopped_at is None:
            stopped_at = now
        is_over = stopped_at is not None and now >= stopped_at + connection.stop_seconds
        if is_over or now >= connection.deadline:
            _log.warning("the SMTP server did not answer in time; the connection is cut")
            connection.cut()
            if not done.wait(END_SECONDS):
                raise CutOffError("the SMTP server did not answer in time")
    if errors:
        raise errors[0]
    return results[0]


class Line:
    """A TCP connection that another thread can cut."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._is_cut = False

    def attach(self, connected: socket.socket) -> None:
        """Make a new connection one that can be cut.

        Raises:
            TimeoutError: this was cut already.

        """
        with self._lock:
            if self._is_cut:
                connected.close()
                raise TimeoutError("the SMTP server did not answer in time")
            # TLS replaces the socket. A duplicate of it leads to the same connection.
            self._socket = connected.dup()

    def cut(self) -> None:
        """Make all that waits for the other end fail, now and later."""
        with self._lock:
            self._is_cut = True
            if self._socket is not None:
                with contextlib.suppress(OSError):
                    self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the duplicate, without which the connection would stay open."""
        with self._lock:
            if self._socket is not None:
                self._socket.close()
                self._socket = None


class _Replies:
    """The server's replies, line by line. Each is whole and not too long."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.left_bytes = 0

    def readline(self, limit: int) -> bytes:
        """Return a line, or an empty one at the end of the connection."""
        line = self._file.readline(limit)
        self.left_bytes -= len(line)
        if self.left_bytes < 0:
            raise ConnectionError("the reply is too long")
        # smtplib takes "250 o" for a reply, and "2222" for one with the code 222.
        if line and len(line) < limit and not line.endswith(b"\n"):
            raise ConnectionError("the reply ends within a line")
        return line

    def close(self) -> None:
        """Close it."""
        self._file.close()


class PlainSession(smtplib.SMTP):
    """An SMTP session over a line that can be cut, whose replies are bounded."""

    def __init__(self, line: Line, server: str, port: int, seconds: float) -> None:
        self._line = line
        super().__init__(server, port, timeout=seconds)

    def _get_socket(self, host: str, port: int, timeout: float) -> Any:
        connected = super()._get_socket(host, port, timeout)  # type: ignore[misc] # it is there
        self._line.attach(connected)
        return connected

    def getreply(self) -> tuple[int, bytes]:
        """Return code and text of a whole reply."""
        if self.file is None and self.sock is not None:
            self.file = _Replies(self.sock.makefile("rb"))
        if self.file is not None:
            self.file.left_bytes = LONGEST_REPLY_BYTES
        return super().getreply()

    def close(self) -> None:
        """Close the connection."""
        super().close()
        self._line.close()


class TlsSession(smtplib.SMTP_SSL, PlainSession):
    """The same with TLS from the first byte."""

    def __init__(
        self, line: Line, server: str, port: int, seconds: float, context: ssl.SSLContext
    ) -> None:
        self._line = line
        smtplib.SMTP_SSL.__init__(self, server, port, timeout=seconds, context=context)
