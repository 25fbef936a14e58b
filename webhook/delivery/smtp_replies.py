"""What an SMTP server's replies mean: the errors of delivery, and texts for the log.

``backoff`` decides what becomes of a mail after each of them.
"""

import smtplib

# Reply codes of RFC 5321.
GO_ON, CLOSING, TOO_LARGE = 354, 421, 552
# The first digit of a reply code.
SUCCESS, TEMPORARY, PERMANENT = 2, 4, 5


class SendError(Exception):
    """One mail was not accepted.

    ``permanent`` is False after a 4xx, when a retry can succeed, and True after a 5xx.
    """

    def __init__(self, message: str, *, permanent: bool) -> None:
        self.permanent = permanent
        super().__init__(message)


class ConnectionLostError(Exception):
    """The connection was lost before the server had the mail. Another one may deliver it."""


class UnreachableError(Exception):
    """The server cannot be reached, or is not ready."""


class HoldError(Exception):
    """No mail can be sent until an operator corrects the login, TLS or the sender."""


def kind_of(code: int) -> int:
    """Return the first digit of a reply code: SUCCESS, TEMPORARY, PERMANENT or another one."""
    return code // 100


def check_reply(
    code: int, text: bytes, *, expected_code: int | None = None, of_sender: bool = False
) -> None:
    """Return if the server's reply is a success, else raise what it means.

    Args:
        code: the reply code.
        text: the rest of the reply.
        expected_code: the only code that is a success. None if every 2xx is.
        of_sender: whether this is the reply to the sender of a mail. If the server refuses it, it
            would refuse every mail, unless this one is only too large.

    Raises:
        ConnectionLostError: the server closes the connection (421).
        HoldError: it refuses the sender.
        SendError: it refuses the mail or the recipient.

    """
    kind = kind_of(code)
    if code == expected_code or (expected_code is None and kind == SUCCESS):
        return
    reply = describe_reply(code, text)
    if code == CLOSING:
        raise ConnectionLostError(reply)
    if of_sender and kind == PERMANENT and code != TOO_LARGE:
        raise HoldError(f"the sender was refused: {reply}")
    if kind not in (TEMPORARY, PERMANENT):
        reply = f"an answer that has no meaning here: {reply}"
    raise SendError(reply, permanent=kind == PERMANENT)


def describe_reply(code: int, text: bytes | str) -> str:
    """Return a server's reply as one text: ``550 no such user``."""
    return f"{code} {text if isinstance(text, str) else text.decode('utf-8', 'replace')}"


def describe_failure(error: Exception) -> str:
    """Return what went wrong, in one line for the log. It holds no part of the mail."""
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{type(error).__name__}: {describe_reply(error.smtp_code, error.smtp_error)}"
    return f"{type(error).__name__}: {error}"
