import smtplib

import pytest

from webhook.delivery.smtp_replies import (
    GO_ON,
    ConnectionLostError,
    HoldError,
    RefusedError,
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
        check_reply(550, b"5.2.3 too large", of_sender=True)
    with pytest.raises(SendError):
        check_reply(450, b"later", of_sender=True)


@pytest.mark.parametrize(
    ("code", "text", "permanent", "names_recipient"),
    [
        (554, b"no", True, False),
        (550, b"5.1.1 no such user", True, True),
        (550, b"5.4.5 Daily user sending limit exceeded", False, False),
        (550, b"5.7.1 not you", False, False),
    ],
)
def test_a_refusal_may_be_the_fault_of_the_server(
    code: int,
    text: bytes,
    permanent: bool,  # noqa: FBT001 - pytest passes it
    names_recipient: bool,  # noqa: FBT001 - pytest passes it
) -> None:
    with pytest.raises(RefusedError) as caught:
        check_reply(code, text)
    assert (caught.value.permanent, caught.value.names_recipient) == (permanent, names_recipient)


@pytest.mark.parametrize(
    ("code", "text", "permanent"),
    [
        (552, b"too large", True),
        (554, b"5.6.0 content", True),
        (550, b"4.7.0 wait", False),
        (450, b"5.1.1 who", False),
    ],
)
def test_other_refusals_concern_this_mail_alone(
    code: int,
    text: bytes,
    permanent: bool,  # noqa: FBT001 - pytest passes it
) -> None:
    with pytest.raises(SendError) as caught:
        check_reply(code, text)
    assert type(caught.value) is SendError
    assert caught.value.permanent is permanent


def test_refusals_with_the_same_codes_are_alike_whatever_their_texts() -> None:
    kinds = set()
    for text in (b"5.7.1 <a@x>: denied", b"5.7.1 <b@x>: denied", b"5.7.2 <b@x>: denied"):
        with pytest.raises(RefusedError) as caught:
            check_reply(554, text)
        kinds.add(caught.value.kind)
    assert len(kinds) == 2
