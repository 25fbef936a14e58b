"""One SMTP connection for many mails, opened when it is needed and again when it is lost."""

import time
from collections.abc import Callable

from webhook.delivery.smtp import Connection, ConnectionLostError

# A server that waits longer for the next mail than this may hang up by itself.
IDLE_SECONDS = 10


class Session:
    """Sends mails over a connection that it keeps."""

    def __init__(self, connect: Callable[[], Connection], sender: str) -> None:
        self._connect = connect
        self._sender = sender
        self._connection: Connection | None = None
        self._used_at = 0.0

    def send(self, recipient: str, content: bytes) -> str:
        """Send a mail; return the server's answer.

        A connection that was used before may have been closed meanwhile, or the server may want
        no more mails over it (421): then the mail goes over a new one.

        Raises:
            webhook.smtp.SendError: the mail was not accepted.
            webhook.smtp.ConnectionLostError: the server went away, also the second time.
            webhook.smtp.UnreachableError: there is no server.
            webhook.smtp.HoldError: it takes no mail from us.

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
        """Close a connection that was not used for a while."""
        if self._connection is not None and time.monotonic() - self._used_at > IDLE_SECONDS:
            self.close()

    def _open(self) -> tuple[Connection, bool]:
        if self._connection is not None and self._connection.host is not None:
            return self._connection, False
        self._connection = None
        connection = self._connect()
        connection.open()
        self._connection = connection
        return connection, True
