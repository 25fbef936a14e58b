import pytest

from webhook.delivery.answers import SendError
from webhook.delivery.smtp import refuse_control_characters

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
