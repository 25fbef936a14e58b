"""SMTP as Flask-Mail configures it, made fit for use.

Flask-Mail 0.10 waits without end, does not check the server's certificate, drops refusals of some
recipients, and takes a failure of QUIT for one of the mail:
https://github.com/pallets-eco/flask-mail/issues (98, 114, 198, 38).
"""

import re
import smtplib
import ssl
from types import TracebackType

import flask_mail
from flask import Flask

from webhook.settings import MailSettings

# RFC 5321, section 4.5.3.2: after the final dot a server may be busy for long.
CONNECT_SECONDS = 10
COMMAND_SECONDS = 60
FINAL_SECONDS = 600

_GO_ON, _GOES_AWAY, _TOO_LARGE = 354, 421, 552
_TEMPORARY, _PERMANENT = 4, 5
_CONTROL_IN_ADDRESS = re.compile(r"[\x00-\x20\x7f<>]")
# A header ends at a line feed that no white space follows; within one, only folding is allowed.
_CONTROL_IN_HEADERS = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)|(?<!\r)\n")
_DOT_AT_START = re.compile(rb"(?m)^\.")


class SendError(Exception):
    """One mail was not accepted. ``permanent`` is whether it never will be."""

    def __init__(self, message: str, *, permanent: bool) -> None:
        self.permanent = permanent
        super().__init__(message)


class ConnectionLostError(Exception):
    """The server went away before it was given the mail: another connection may take it."""


class UnreachableError(Exception):
    """There is no server now, or none that is ready."""


class HoldError(Exception):
    """No mail can be sent until an operator mends it: login, TLS, or the sender."""


class Connection(flask_mail.Connection):
    """A connection on which every wait ends and TLS is checked.

    Used in a ``with`` block; or opened by ``open`` and closed by ``close``.
    """

    host: smtplib.SMTP | None = None

    def open(self) -> None:
        """Connect, secure and log in as the settings say.

        Raises:
            HoldError: the certificate, TLS or the login is wrong.
            UnreachableError: the server is not there, or does not want to talk now.

        """
        try:
            self.host = self.configure_host()
        except ssl.SSLError as error:
            # An end in the middle of a handshake is that of the network.
            if isinstance(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError)):
                raise UnreachableError(describe_failure(error)) from error
            raise HoldError(f"TLS failed: {describe_failure(error)}") from error
        except (OSError, UnicodeError) as error:
            raise UnreachableError(describe_failure(error)) from error

    def configure_host(self) -> smtplib.SMTP:
        """Return a session, secured and logged in.

        Raises:
            HoldError: the server offers no TLS, or refuses the login.
            OSError: it is not there, or is not whom its certificate names
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
                _start_tls(host, context)
            if self.mail.username:
                _log_in(host, self.mail.username, self.mail.password)
            host.ehlo_or_helo_if_needed()
        except (OSError, HoldError):
            host.close()
            raise
        return host

    def close(self) -> None:
        """Say goodbye; what was accepted stays accepted whatever the server answers."""
        host, self.host = self.host, None
        if host is None or host.sock is None:
            return
        try:
            host.sock.settimeout(CONNECT_SECONDS)
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
        """Send a finished message to one recipient; return the server's last answer.

        Raises:
            SendError: it was refused, or nobody knows whether it was accepted.
            ConnectionLostError: it was not accepted, since the server went away.
            HoldError: the sender was refused, and so would every mail be.

        """
        refuse_control_characters(sender, recipient, content)
        host = self.host
        if host is None or host.sock is None:
            raise ConnectionLostError("there is no connection")
        try:
            options = [f"size={len(content)}"] if host.has_extn("size") else []
            self._check(*host.mail(sender, options), hold=True)
            self._check(*host.rcpt(recipient))
            self._check(*host.docmd("data"), wanted=_GO_ON)
            # The last that is sent is the final dot: what fails up to here was not accepted.
            host.send(_DOT_AT_START.sub(b"..", content) + b".\r\n")
        except (smtplib.SMTPServerDisconnected, smtplib.SMTPResponseException, OSError) as error:
            self._abandon()
            raise ConnectionLostError(describe_failure(error)) from error
        try:
            host.sock.settimeout(FINAL_SECONDS)
            code, text = host.getreply()
            host.sock.settimeout(COMMAND_SECONDS)
        except (smtplib.SMTPResponseException, OSError) as error:
            self._abandon()
            what = f"no answer after the mail: {describe_failure(error)}"
            raise SendError(what, permanent=False) from error
        self._check(code, text)
        return describe_answer(code, text)

    def _check(
        self, code: int, text: bytes, *, wanted: int | None = None, hold: bool = False
    ) -> None:
        if code == wanted or (wanted is None and code // 100 == 2):  # noqa: PLR2004 - 2xx is yes
            return
        answer = describe_answer(code, text)
        if code == _GOES_AWAY:
            self._abandon()
            raise ConnectionLostError(answer)
        self._reset()
        permanent = code // 100 == _PERMANENT
        if hold and permanent and code != _TOO_LARGE:
            raise HoldError(f"the sender was refused: {answer}")
        if not permanent and code // 100 != _TEMPORARY:
            answer = f"an answer that has no meaning here: {answer}"
        raise SendError(answer, permanent=permanent)

    def _reset(self) -> None:
        """Make the connection fit for the next mail; where that fails, give it up."""
        try:
            if self.host is None or self.host.rset()[0] // 100 != 2:  # noqa: PLR2004 - 2xx is yes
                self._abandon()
        except OSError:
            self._abandon()

    def _abandon(self) -> None:
        host, self.host = self.host, None
        if host is not None:
            host.close()


def _start_tls(host: smtplib.SMTP, context: ssl.SSLContext) -> None:
    try:
        code, text = host.starttls(context=context)
    except smtplib.SMTPNotSupportedError as error:
        raise HoldError("the server offers no STARTTLS, and MAIL_USE_TLS asks for it") from error
    except smtplib.SMTPResponseException as error:
        code, text = error.smtp_code, _to_bytes(error.smtp_error)
        if code // 100 == _TEMPORARY:
            raise
    if code // 100 != 2:  # noqa: PLR2004 - 2xx is yes
        raise HoldError(f"STARTTLS was refused: {describe_answer(code, text)}")


def _log_in(host: smtplib.SMTP, username: str, password: str) -> None:
    try:
        host.login(username, password)
    except smtplib.SMTPServerDisconnected:
        raise
    except (smtplib.SMTPException, UnicodeError) as error:
        code = error.smtp_code if isinstance(error, smtplib.SMTPResponseException) else 0
        if code // 100 == _TEMPORARY:
            raise
        raise HoldError(f"the login failed: {describe_failure(error)}") from error


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


def describe_answer(code: int, text: bytes | str) -> str:
    """Return a server's answer as one text: ``550 no such user``."""
    return f"{code} {_decode(text)}"


def describe_failure(error: Exception) -> str:
    """Return what went wrong, in one line for the log; it holds no part of the mail."""
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{type(error).__name__}: {describe_answer(error.smtp_code, error.smtp_error)}"
    return f"{type(error).__name__}: {error}"


def _decode(text: bytes | str) -> str:
    return text if isinstance(text, str) else text.decode("utf-8", "replace")


def _to_bytes(text: bytes | str) -> bytes:
    return text if isinstance(text, bytes) else text.encode()
