"""One SMTP connection for many mails: opened when needed, and again after it was lost."""

import contextlib
import threading
import time
from collections.abc import Callable
from typing import Protocol

from webhook.delivery import exchange
from webhook.delivery.smtp_replies import (
    ConnectionLostError,
    HoldError,
    SendError,
    UnreachableError,
)

# Close an idle connection before the server does.
IDLE_SECONDS = 10


class StoppedError(Exception):
    """The process has to stop, and the server does not have the mail."""


class Connection(exchange.Cuttable, Protocol):
    """What a session needs of an SMTP connection. ``smtp.Connection`` is one."""

    @property
    def is_open(self) -> bool:
        """Whether a mail can be sent."""

    def open(self) -> None:
        """Open it, or raise HoldError or UnreachableError."""

    def close(self) -> None:
        """Close it."""

    def send_bytes(self, sender: str, recipient: str, content: bytes) -> str:
        """Send a mail and return the server's reply, or raise an error of ``smtp_replies``."""


class Session:
    """Sends mails over a connection that it keeps open.

    Once ``stop`` is set, only a mail that the server may have accepted is waited for, and that for
    a short time.
    """

    def __init__(
        self, connect: Callable[[], Connection], sender: str, stop: threading.Event
    ) -> None:
        self._connect = connect
        self._sender = sender
        self._stop = stop
        self._connection: Connection | None = None
        self._used_at = 0.0

    def send(self, recipient: str, content: bytes) -> str:
        """Send a mail. Return the server's reply.

        The server may have closed an idle connection, or may accept no more mails over it (421).
        The mail goes over a new connection then.

        Raises:
            SendError: the mail was not accepted.
            ConnectionLostError: a new connection was lost too.
            UnreachableError: the server cannot be reached.
            HoldError: the server accepts no mail until an operator corrects the settings.
            StoppedError: the process has to stop.

        """
        try:
            return self._try(recipient, content)
        except (ConnectionLostError, UnreachableError, HoldError) as error:
            if self._stop.is_set():
                raise StoppedError from error
            raise

    def _try(self, recipient: str, content: bytes) -> str:
        connection, is_new = self._open()
        try:
            return self._send(connection, recipient, content)
        except ConnectionLostError:
            if is_new or self._stop.is_set():
                raise
        finally:
            self._used_at = time.monotonic()
        connection, _ = self._open()
        return self._send(connection, recipient, content)

    def close(self) -> None:
        """Close the connection, if there is one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(exchange.CutOffError):
                exchange.run(connection.close, connection, self._stop)

    def close_idle(self) -> None:
        """Close the connection if it was not used for IDLE_SECONDS."""
        if self._connection is not None and time.monotonic() - self._used_at > IDLE_SECONDS:
            self.close()

    def _open(self) -> tuple[Connection, bool]:
        """Return an open connection, and whether it is new."""
        if self._connection is not None and self._connection.is_open:
            return self._connection, False
        self._connection = None
        connection = self._connect()
        try:
            exchange.run(connection.open, connection, self._stop)
        except exchange.CutOffError as error:
            raise UnreachableError(str(error)) from error
        self._connection = connection
        return connection, True

    def _send(self, connection: Connection, recipient: str, content: bytes) -> str:
        def send() -> str:
            return connection.send_bytes(self._sender, recipient, content)

        try:
            return exchange.run(send, connection, self._stop)
        except exchange.CutOffError as error:
            self._connection = None
            if connection.stop_seconds:
                raise SendError(f"no answer after the mail: {error}", permanent=False) from error
            raise ConnectionLostError(str(error)) from error
