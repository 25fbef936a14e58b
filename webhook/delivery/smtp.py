"""SMTP connections on top of Flask-Mail, which holds their configuration.

Flask-Mail 0.10 itself waits without a limit, does not check the server's certificate, hides that
some recipients were refused, and reports a failure of QUIT as a failure of the mail. See
https://github.com/pallets-eco/flask-mail/issues (98, 114, 198, 38).
"""

import re
import smtplib
import time
from types import TracebackType

import flask_mail
from flask import Flask

from webhook.delivery import handshake
from webhook.delivery.exchange import Line
from webhook.delivery.smtp_replies import (
    GO_ON,
    SUCCESS,
    ConnectionLostError,
    HoldError,
    SendError,
    check_reply,
    describe_failure,
    describe_reply,
    kind_of,
)
from webhook.settings import MailSettings

# Deadlines: for a session to be ready, from MAIL to the last byte of a mail, for the answer to it,
# and for a goodbye. The server may take long for the answer: RFC 5321, section 4.5.3.2.
OPEN_SECONDS = 60
SEND_SECONDS = 120
FINAL_SECONDS = 600
CLOSE_SECONDS = 2
# How long a process that stops waits for the answer to a mail. Without it, the mail is sent again.
STOP_SECONDS = 5

_UNSAFE_IN_ADDRESS = re.compile(r"[\x00-\x20\x7f<>]")
# A line break that is no folding ends a header, and so may a single CR or LF.
_UNSAFE_IN_HEADERS = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)|(?<!\r)\n")
_DOT_AT_START = re.compile(rb"(?m)^\.")


class Connection(flask_mail.Connection):
    """A connection on which every wait has a limit and the certificate is checked."""

    host: smtplib.SMTP | None = None
    deadline = 0.0
    stop_seconds = 0.0
    _line = Line()

    @property
    def is_open(self) -> bool:
        """Whether a mail can be sent."""
        return self.host is not None

    def open(self) -> None:
        """Connect, start TLS and log in, as configured.

        Raises:
            HoldError: the certificate, TLS or the login is wrong.
            UnreachableError: the server cannot be reached, or is not ready.

        """
        self._line = Line()
        self._begin(OPEN_SECONDS)
        try:
            self.host = self.configure_host()
        finally:
            if self.host is None:
                self._line.close()

    def cut(self) -> None:
        """Make whatever waits for the server fail at once."""
        self._line.cut()

    def _begin(self, seconds: float, stop_seconds: float = 0) -> None:
        """Set the limits of what follows."""
        self.deadline = time.monotonic() + seconds
        self.stop_seconds = stop_seconds

    def configure_host(self) -> smtplib.SMTP:
        """Return a new session. Flask-Mail calls this for a ``with`` block."""
        return handshake.open_session(
            self._line,
            self.mail.server,
            self.mail.port,
            use_ssl=self.mail.use_ssl,
            use_tls=self.mail.use_tls,
            username=self.mail.username or "",
            password=self.mail.password or "",
        )

    def close(self) -> None:
        """Say goodbye. A failure does not matter, because accepted mails stay accepted."""
        host, self.host = self.host, None
        if host is None or host.sock is None:
            return
        self._begin(CLOSE_SECONDS, CLOSE_SECONDS)
        try:
            host.sock.settimeout(CLOSE_SECONDS)
            host.quit()
        except OSError:
            host.close()

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()

    def send_bytes(self, sender: str, recipient: str, content: bytes) -> str:
        """Send a whole message to one recipient. Return the server's last reply.

        Raises:
            SendError: it was refused, or the server did not say whether it was accepted.
            ConnectionLostError: it was not accepted, because the connection was lost.
            HoldError: the sender was refused, as for every other mail.

        """
        refuse_control_characters(sender, recipient, content)
        host = self.host
        if host is None or host.sock is None:
            raise ConnectionLostError("there is no connection")
        self._begin(SEND_SECONDS)
        try:
            options = [f"size={len(content)}"] if host.has_extn("size") else []
            self._check(*host.mail(sender, options), of_sender=True)
            self._check(*host.rcpt(recipient))
            self._check(*host.docmd("data"), expected_code=GO_ON)
            # The server accepts a mail only after its final dot, which is sent last here. A process
            # that stops gives it time to answer.
            self.stop_seconds = STOP_SECONDS
            host.send(_DOT_AT_START.sub(b"..", content) + b".\r\n")
        except (smtplib.SMTPServerDisconnected, smtplib.SMTPResponseException, OSError) as error:
            self._abandon()
            raise ConnectionLostError(describe_failure(error)) from error
        self._begin(FINAL_SECONDS, STOP_SECONDS)
        try:
            host.sock.settimeout(FINAL_SECONDS)
            code, text = host.getreply()
            host.sock.settimeout(handshake.COMMAND_SECONDS)
        except (smtplib.SMTPResponseException, OSError) as error:
            self._abandon()
            what = f"no answer after the mail: {describe_failure(error)}"
            raise SendError(what, permanent=False) from error
        self._begin(SEND_SECONDS)
        self._check(code, text)
        return describe_reply(code, text)

    def _check(
        self, code: int, text: bytes, *, expected_code: int | None = None, of_sender: bool = False
    ) -> None:
        """Check a reply. Leave the connection ready for the next mail, or closed."""
        try:
            check_reply(code, text, expected_code=expected_code, of_sender=of_sender)
        except ConnectionLostError:
            self._abandon()
            raise
        except (HoldError, SendError):
            self._reset()
            raise

    def _reset(self) -> None:
        try:
            if self.host is None or kind_of(self.host.rset()[0]) != SUCCESS:
                self._abandon()
        except OSError:
            self._abandon()

    def _abandon(self) -> None:
        host, self.host = self.host, None
        if host is not None:
            host.close()


class Mail(flask_mail.Mail):
    """Flask-Mail with this module's connections."""

    def connect(self) -> Connection:
        """Return a connection that is not open yet."""
        return Connection(self)


def make_mail(app: Flask, settings: MailSettings) -> Mail:
    """Return Flask-Mail for ``app``, configured from these settings alone."""
    app.config.update(
        MAIL_SERVER=settings.server,
        MAIL_PORT=settings.port,
        MAIL_USE_TLS=settings.use_tls,
        MAIL_USE_SSL=settings.use_ssl,
        MAIL_USERNAME=settings.username or None,
        MAIL_PASSWORD=settings.password or None,
        MAIL_DEFAULT_SENDER=str(settings.sender),
        # smtplib's debug output contains the password.
        MAIL_DEBUG=False,
        MAIL_SUPPRESS_SEND=False,
    )
    return Mail(app)


def refuse_control_characters(sender: str, recipient: str, content: bytes) -> None:
    """Raise an error for characters that could end a header or a command and start another.

    Raises:
        SendError: there is such a character. The error is permanent.

    """
    headers = content.partition(b"\r\n\r\n")[0]
    for address in (sender, recipient):
        if not address.isascii() or _UNSAFE_IN_ADDRESS.search(address):
            raise SendError(f"{address!r} is not an address that SMTP carries", permanent=True)
    if _UNSAFE_IN_HEADERS.search(headers):
        raise SendError("a header of the message has control characters", permanent=True)
