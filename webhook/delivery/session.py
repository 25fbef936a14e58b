"""One SMTP connection for many mails: opened when needed, and again after it was lost."""

import time
from collections.abc import Callable
from typing import Protocol

from webhook.delivery.smtp_replies import ConnectionLostError

# Close an idle connection before the server does.
IDLE_SECONDS = 10


class Connection(Protocol):
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
    """Sends mails over a connection that it keeps open."""

    def __init__(self, connect: Callable[[], Connection], sender: str) -> None:
        self._connect = connect
        self._sender = sender
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

        """
        connection, is_new = self._open()
        try:
            return connection.send_bytes(self._sender, recipient, content)
        except ConnectionLostError:
            if is_new:
                raise
        finally:
            self._used_at = time.monotonic()
        connection, _ = self._open()
        return connection.send_bytes(self._sender, recipient, content)

    def close(self) -> None:
        """Close the connection, if there is one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

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
        connection.open()
        self._connection = connection
        return connection, True
