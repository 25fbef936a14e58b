"""SMTP as Flask-Mail configures it, made fit for use.

Flask-Mail 0.10 waits without end, does not check the server's certificate, and takes a failure of
QUIT for one of the mail: https://github.com/pallets-eco/flask-mail/issues.
"""

import re
import smtplib
import ssl
from types import TracebackType

import flask_mail
from flask import Flask

from webhook.settings import MailSettings

CONNECT_SECONDS = 10
COMMAND_SECONDS = 60

_PERMANENT = range(500, 600)
_TOO_LARGE = 552
_CONTROL_IN_ADDRESS = re.compile(r"[\x00-\x20\x7f<>]")
# A header ends at a line feed that no white space follows; within one, only folding is allowed.
_CONTROL_IN_HEADERS = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)|(?<!\r)\n")


class SendError(Exception):
    """A mail was not sent. ``permanent`` is whether trying again would end the same way."""

    def __init__(self, message: str, *, permanent: bool) -> None:
        self.permanent = permanent
        super().__init__(message)


class Connection(flask_mail.Connection):
    """A connection on which every wait ends and TLS is checked. Use it in a ``with`` block."""

    host: smtplib.SMTP | None

    def configure_host(self) -> smtplib.SMTP:
        """Return a session, secured and logged in as the settings say.

        Raises:
            OSError: the server is not there, refuses, or is not whom its certificate names
                (smtplib.SMTPException is an OSError).

        """
        context = ssl.create_default_context()
        server, port = self.mail.server, self.mail.port
        if self.mail.use_ssl:
            host: smtplib.SMTP = smtplib.SMTP_SSL(
                server, port, timeout=CONNECT_SECONDS, context=context
            )
        else:
            host = smtplib.SMTP(server, port, timeout=CONNECT_SECONDS)
        try:
            if host.sock is not None:
                host.sock.settimeout(COMMAND_SECONDS)
            if self.mail.use_tls:
                host.starttls(context=context)
            if self.mail.username:
                host.login(self.mail.username, self.mail.password)
        except OSError:
            host.close()
            raise
        return host

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        """Say goodbye; what was accepted stays accepted whatever the server answers."""
        if self.host is None:
            return
        try:
            self.host.quit()
        except OSError:
            self.host.close()

    def send_bytes(self, sender: str, recipient: str, content: bytes) -> None:
        """Send a finished message to one recipient.

        Raises:
            SendError: it was refused, or the connection broke.

        """
        refuse_control_characters(sender, recipient, content)
        if self.host is None:
            raise SendError("there is no connection to the SMTP server", permanent=False)
        try:
            # One recipient: sendmail raises if it is refused, so nothing is dropped silently.
            self.host.sendmail(sender, [recipient], content)
        except (OSError, UnicodeError) as error:
            raise SendError(describe_failure(error), permanent=is_permanent(error)) from error


class Mail(flask_mail.Mail):
    """Flask-Mail with connections of ours."""

    def connect(self) -> Connection:
        """Return a connection that opens when its ``with`` block begins."""
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
        # smtplib's debugging prints the password.
        MAIL_DEBUG=False,
        MAIL_SUPPRESS_SEND=False,
    )
    return Mail(app)


def refuse_control_characters(sender: str, recipient: str, content: bytes) -> None:
    """Refuse what could end a header or a command and begin another.

    Raises:
        SendError: permanent.

    """
    headers = content.partition(b"\r\n\r\n")[0]
    for address in (sender, recipient):
        if not address.isascii() or _CONTROL_IN_ADDRESS.search(address):
            raise SendError(f"{address!r} is not an address that SMTP carries", permanent=True)
    if _CONTROL_IN_HEADERS.search(headers):
        raise SendError("a header of the message has control characters", permanent=True)


def is_permanent(error: Exception) -> bool:
    """Return whether a mail that failed like this would always fail.

    A refused sender or login is the operator's to mend, and concerns every mail: not permanent.
    """
    match error:
        case smtplib.SMTPRecipientsRefused():
            return all(code in _PERMANENT for code, _ in error.recipients.values())
        case smtplib.SMTPDataError():
            return error.smtp_code in _PERMANENT
        case smtplib.SMTPSenderRefused():
            return error.smtp_code == _TOO_LARGE
        case UnicodeError():
            return True
        case _:
            return False


def describe_failure(error: Exception) -> str:
    """Return what went wrong, in one line for the log; it holds no part of the mail."""
    match error:
        case smtplib.SMTPRecipientsRefused():
            answers = [f"{code} {_decode(text)}" for code, text in error.recipients.values()]
            return f"the recipient was refused: {'; '.join(answers)}"
        case smtplib.SMTPResponseException():
            return f"{type(error).__name__}: {error.smtp_code} {_decode(error.smtp_error)}"
        case _:
            return f"{type(error).__name__}: {error}"


def _decode(text: bytes | str) -> str:
    return text if isinstance(text, str) else text.decode("utf-8", "replace")
