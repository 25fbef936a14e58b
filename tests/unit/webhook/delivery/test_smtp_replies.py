import smtplib

import pytest

from webhook.delivery.smtp_replies import (
    GO_ON,
    ConnectionLostError,
    HoldError,
    SendError,
    check_reply,
    describe_failure,
)


def test_a_failure_is_described_with_the_answer_of_the_server() -> None:
    error = smtplib.SMTPDataError(554, b"spam")
    assert describe_failure(error) == "SMTPDataError: 554 spam"


def test_every_2xx_is_a_success_unless_one_code_is_expected() -> None:
    check_reply(250, b"ok")
    check_reply(354, b"go on", expected_code=GO_ON)
    with pytest.raises(SendError, match="no meaning here: 250 ok"):
        check_reply(250, b"ok", expected_code=GO_ON)


@pytest.mark.parametrize(("code", "permanent"), [(450, False), (550, True), (199, False)])
def test_a_refusal_is_permanent_if_the_code_is_5xx(code: int, permanent: bool) -> None:  # noqa: FBT001 - pytest passes it
    with pytest.raises(SendError, match=f"{code} no") as caught:
        check_reply(code, b"no")
    assert caught.value.permanent is permanent


def test_421_means_that_the_connection_is_lost() -> None:
    with pytest.raises(ConnectionLostError, match="421 enough"):
        check_reply(421, b"enough")


def test_a_refused_sender_holds_delivery_unless_the_mail_is_only_too_large() -> None:
    with pytest.raises(HoldError, match="550 not you"):
        check_reply(550, b"not you", of_sender=True)
    with pytest.raises(SendError):
        check_reply(552, b"too large", of_sender=True)
    with pytest.raises(SendError):
        check_reply(450, b"later", of_sender=True)
