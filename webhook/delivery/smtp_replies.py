"""What an SMTP server's replies mean: the errors of delivery, and texts for the log.

``backoff`` decides what becomes of a mail after each of them.
"""

import smtplib

from webhook.delivery.enhanced_codes import Fault, fault_of, find_code

# Reply codes of RFC 5321.
GO_ON, CLOSING, TOO_LARGE = 354, 421, 552
# The first digit of a reply code.
SUCCESS, TEMPORARY, PERMANENT = 2, 4, 5


class SendError(Exception):
    """One mail was not accepted.

    ``permanent`` is False if a retry can succeed, as after a 4xx.
    """

    def __init__(self, message: str, *, permanent: bool) -> None:
        self.permanent = permanent
        super().__init__(message)


class RefusedError(SendError):
    """A 5xx that may be the fault of the server, and not of the recipient.

    Refusals of the same ``kind`` are alike. ``permanent`` says whether the mail fails if it turns
    out that the server accepts other mails. After a refusal because of a policy or a limit, it is
    tried again. ``names_recipient`` is true if the server has said that it is the recipient's
    fault.
    """

    def __init__(
        self, message: str, *, permanent: bool, kind: str, names_recipient: bool = False
    ) -> None:
        self.kind = kind
        self.names_recipient = names_recipient
        super().__init__(message, permanent=permanent)


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
            would refuse every mail, unless the reason is this mail, such as its size.

    Raises:
        ConnectionLostError: the server closes the connection (421).
        HoldError: it refuses the sender.
        RefusedError: it refuses the mail or the recipient, for a reason that may be its own.
        SendError: it refuses the mail or the recipient.

    """
    kind = kind_of(code)
    if code == expected_code or (expected_code is None and kind == SUCCESS):
        return
    reply = describe_reply(code, text)
    if code == CLOSING:
        raise ConnectionLostError(reply)
    if kind == PERMANENT:
        raise _refusal(code, text, of_sender=of_sender)
    if kind != TEMPORARY:
        reply = f"an answer that has no meaning here: {reply}"
    raise SendError(reply, permanent=False)


def _refusal(code: int, text: bytes, *, of_sender: bool) -> HoldError | SendError:
    """Return what a 5xx means."""
    reply = describe_reply(code, text)
    enhanced_code = find_code(text.decode("utf-8", "replace"))
    fault = Fault.MAIL if code == TOO_LARGE else fault_of(enhanced_code)
    if fault in (Fault.MAIL, Fault.PASSING):
        return SendError(reply, permanent=fault is Fault.MAIL)
    if of_sender:
        return HoldError(f"the sender was refused: {reply}")
    return RefusedError(
        reply,
        permanent=fault is not Fault.SERVER,
        kind=f"{code} {enhanced_code}",
        names_recipient=fault is Fault.RECIPIENT,
    )


def describe_reply(code: int, text: bytes | str) -> str:
    """Return a server's reply as one text: ``550 no such user``."""
    return f"{code} {text if isinstance(text, str) else text.decode('utf-8', 'replace')}"


def describe_failure(error: Exception) -> str:
    """Return what went wrong, in one line for the log. It holds no part of the mail."""
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{type(error).__name__}: {describe_reply(error.smtp_code, error.smtp_error)}"
    return f"{type(error).__name__}: {error}"
