"""Opening an SMTP session: connection, TLS with a checked certificate, and login."""

import smtplib
import ssl

from webhook.delivery.exchange import Line, PlainSession, TlsSession
from webhook.delivery.smtp_replies import (
    TEMPORARY,
    HoldError,
    UnreachableError,
    describe_failure,
    describe_reply,
    kind_of,
)

CONNECT_SECONDS = 10
COMMAND_SECONDS = 60


def open_session(
    line: Line,
    server: str,
    port: int,
    *,
    use_ssl: bool,
    use_tls: bool,
    username: str,
    password: str,
) -> smtplib.SMTP:
    """Return a session that is ready for a mail.

    Args:
        line: makes it possible to cut the connection.
        server: a host name or an IP address.
        port: the port.
        use_ssl: whether TLS begins with the first byte.
        use_tls: whether TLS begins with STARTTLS.
        username: the user to log in, or an empty string for no login.
        password: the user's password.

    Raises:
        HoldError: the certificate, TLS or the login is wrong.
        UnreachableError: the server cannot be reached, or is not ready.

    """
    context = ssl.create_default_context()
    try:
        host: smtplib.SMTP = (
            TlsSession(line, server, port, CONNECT_SECONDS, context)
            if use_ssl
            else PlainSession(line, server, port, CONNECT_SECONDS)
        )
        try:
            if host.sock is not None:
                host.sock.settimeout(COMMAND_SECONDS)
            if use_tls:
                _start_tls(host, context)
            if username:
                _log_in(host, username, password)
            host.ehlo_or_helo_if_needed()
        except (OSError, HoldError):
            host.close()
            raise
    except ssl.SSLError as error:
        # If the connection ends during the handshake, the network has failed and not TLS.
        if isinstance(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError)):
            raise UnreachableError(describe_failure(error)) from error
        raise HoldError(f"TLS failed: {describe_failure(error)}") from error
    # smtplib.SMTPException is an OSError. A name such as "smtp..example.com" is a UnicodeError.
    except (OSError, UnicodeError) as error:
        raise UnreachableError(describe_failure(error)) from error
    return host


def _start_tls(host: smtplib.SMTP, context: ssl.SSLContext) -> None:
    try:
        host.starttls(context=context)
    except smtplib.SMTPNotSupportedError as error:
        raise HoldError("the server offers no STARTTLS, and MAIL_USE_TLS asks for it") from error
    except smtplib.SMTPResponseException as error:
        if kind_of(error.smtp_code) == TEMPORARY:
            raise
        reply = describe_reply(error.smtp_code, error.smtp_error)
        raise HoldError(f"STARTTLS was refused: {reply}") from error


def _log_in(host: smtplib.SMTP, username: str, password: str) -> None:
    try:
        host.login(username, password)
    except smtplib.SMTPServerDisconnected:
        raise
    except (smtplib.SMTPException, UnicodeError) as error:
        code = error.smtp_code if isinstance(error, smtplib.SMTPResponseException) else 0
        if kind_of(code) == TEMPORARY:
            raise
        raise HoldError(f"the login failed: {describe_failure(error)}") from error
