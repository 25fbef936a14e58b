import smtplib
import socket
import ssl

import pytest

from webhook.smtp import SendError, describe_failure, is_permanent, refuse_control_characters

RECIPIENT = "bun@example.com"
CONTENT = b"Subject: a\r\n b\r\nTo: bun@example.com\r\n\r\ntext\nwith\x00anything"


@pytest.mark.parametrize(
    ("error", "permanent"),
    [
        (smtplib.SMTPRecipientsRefused({RECIPIENT: (550, b"no such user")}), True),
        (smtplib.SMTPRecipientsRefused({RECIPIENT: (450, b"greylisted")}), False),
        (smtplib.SMTPDataError(554, b"spam"), True),
        (smtplib.SMTPDataError(451, b"disk full"), False),
        (smtplib.SMTPSenderRefused(552, b"too large", "a"), True),
        (smtplib.SMTPSenderRefused(550, b"not you", "a"), False),
        (smtplib.SMTPAuthenticationError(535, b"wrong password"), False),
        (smtplib.SMTPServerDisconnected("gone"), False),
        (smtplib.SMTPNotSupportedError("no STARTTLS"), False),
        (ssl.SSLCertVerificationError("self-signed"), False),
        (socket.gaierror("no such host"), False),
        (TimeoutError("timed out"), False),
        (ConnectionRefusedError("refused"), False),
    ],
)
def test_only_what_concerns_one_mail_for_ever_is_permanent(
    error: Exception,
    permanent: bool,  # noqa: FBT001 - a table's column
) -> None:
    assert is_permanent(error) is permanent
    assert describe_failure(error)


def test_the_answer_of_the_server_is_told() -> None:
    error = smtplib.SMTPRecipientsRefused({RECIPIENT: (550, b"no such user")})
    assert describe_failure(error) == "the recipient was refused: 550 no such user"


def test_a_folded_header_is_no_control_character() -> None:
    refuse_control_characters("a@example.com", RECIPIENT, CONTENT)


@pytest.mark.parametrize(
    "recipient", ["a@b\r\nRCPT TO:<c@d>", "a@b\nc", "a b@c", "<a@b>", "a@b\x00", "ü@example.com"]
)
def test_an_address_that_could_begin_a_command_is_refused(recipient: str) -> None:
    with pytest.raises(SendError) as caught:
        refuse_control_characters("a@example.com", recipient, CONTENT)
    assert caught.value.permanent


@pytest.mark.parametrize("broken", [b"a\nBcc: c@d", b"a\rBcc: c@d", b"a\x00b", b"a\x0bb"])
def test_a_header_that_could_begin_another_is_refused(broken: bytes) -> None:
    with pytest.raises(SendError) as caught:
        refuse_control_characters("a@example.com", RECIPIENT, b"Subject: " + broken + b"\r\n\r\n")
    assert caught.value.permanent
