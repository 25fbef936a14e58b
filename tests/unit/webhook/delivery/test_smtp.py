from email.headerregistry import Address
from unittest.mock import ANY, Mock

import pytest
from flask import Flask

from webhook.delivery import handshake
from webhook.delivery.smtp import make_mail, refuse_control_characters
from webhook.delivery.smtp_replies import SendError
from webhook.settings import MailSettings

RECIPIENT = "bun@example.com"
CONTENT = b"Subject: a\r\n b\r\nTo: bun@example.com\r\n\r\ntext\nwith\x00anything"


def test_a_folded_header_is_accepted() -> None:
    refuse_control_characters("a@example.com", RECIPIENT, CONTENT)


@pytest.mark.parametrize(
    "recipient", ["a@b\r\nRCPT TO:<c@d>", "a@b\nc", "a b@c", "<a@b>", "a@b\x00", "ü@example.com"]
)
def test_an_address_that_could_start_a_command_is_refused(recipient: str) -> None:
    with pytest.raises(SendError) as caught:
        refuse_control_characters("a@example.com", recipient, CONTENT)
    assert caught.value.permanent


@pytest.mark.parametrize("broken", [b"a\nBcc: c@d", b"a\rBcc: c@d", b"a\x00b", b"a\x0bb"])
def test_a_header_that_could_start_another_is_refused(broken: bytes) -> None:
    with pytest.raises(SendError) as caught:
        refuse_control_characters("a@example.com", RECIPIENT, b"Subject: " + broken + b"\r\n\r\n")
    assert caught.value.permanent


def test_a_with_block_opens_a_session_as_configured_and_ignores_a_failing_quit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    host = Mock(quit=Mock(side_effect=OSError("gone")))
    open_session = Mock(return_value=host)
    monkeypatch.setattr(handshake, "open_session", open_session)
    sender = Address("", "quotas", "example.com")
    settings = MailSettings(
        server="smtp.example.com",
        port=587,
        use_tls=True,
        use_ssl=False,
        username="me",
        password="secret",
        sender=sender,
    )
    with make_mail(Flask(__name__), settings).connect() as connection:
        assert connection.is_open
    assert not connection.is_open
    host.close.assert_called_once_with()
    open_session.assert_called_once_with(
        ANY, "smtp.example.com", 587, use_ssl=False, use_tls=True, username="me", password="secret"
    )
