import pytest

from tests.unit.webhook.samples import NOW
from webhook.delivery.smtp_replies import HoldError, RefusedError
from webhook.delivery.verdicts import Decision, Verdicts
from webhook.store.sending.claims import ClaimedMail

POLICY = RefusedError("550 5.7.1 no", permanent=False, kind="550 5.7.1")
UNKNOWN = RefusedError("554 no", permanent=True, kind="554 ")
OTHER = RefusedError("550 no", permanent=True, kind="550 ")
NO_SUCH_USER = RefusedError("550 5.1.1 who", permanent=True, kind="550 5.1.1", names_recipient=True)


def mail_to(recipient: str) -> ClaimedMail:
    return ClaimedMail(1, "<1@x>", recipient, b"", attempts=0, queued_at=NOW)


def read(decisions: "list[Decision] | tuple[Decision, ...]") -> list[tuple[str, bool]]:
    """Return recipients, and whether their mails fail."""
    return [(mail.recipient, error.permanent) for mail, error in decisions]


@pytest.fixture
def verdicts() -> Verdicts:
    return Verdicts()


@pytest.mark.parametrize("error", [POLICY, UNKNOWN, NO_SUCH_USER])
def test_three_recipients_who_are_refused_alike_hold_delivery(
    verdicts: Verdicts, error: RefusedError
) -> None:
    verdicts.refuse(mail_to("a"), error)
    verdicts.refuse(mail_to("a"), error)
    verdicts.refuse(mail_to("b"), error)
    with pytest.raises(HoldError, match="refuses different recipients alike"):
        verdicts.refuse(mail_to("c"), error)
    assert [mail.recipient for mail in verdicts.undecided] == ["a", "a", "b", "c"]


@pytest.mark.parametrize("error", [POLICY, UNKNOWN])
def test_two_recipients_hold_delivery_if_there_is_nobody_else(
    verdicts: Verdicts, error: RefusedError
) -> None:
    verdicts.refuse(mail_to("a"), error)
    verdicts.refuse(mail_to("b"), error)
    with pytest.raises(HoldError):
        verdicts.close()


def test_a_refusal_fails_its_mail_once_another_recipient_is_accepted(verdicts: Verdicts) -> None:
    verdicts.refuse(mail_to("a"), UNKNOWN)
    verdicts.refuse(mail_to("b"), UNKNOWN)
    assert read([*verdicts.accept("c")]) == [("a", True), ("b", True)]
    assert read([*verdicts.close()]) == []


def test_a_refusal_because_of_a_policy_never_fails_a_mail(verdicts: Verdicts) -> None:
    verdicts.refuse(mail_to("a"), POLICY)
    assert read([*verdicts.accept("c")]) == [("a", False)]


def test_mails_to_the_same_recipient_decide_nothing(verdicts: Verdicts) -> None:
    verdicts.refuse(mail_to("a"), UNKNOWN)
    assert read([*verdicts.accept("a")]) == []
    assert read([*verdicts.close()]) == [("a", False)]


def test_a_refusal_after_accepted_mails_fails_its_mail(verdicts: Verdicts) -> None:
    verdicts.accept("a")
    verdicts.refuse(mail_to("b"), UNKNOWN)
    assert read([*verdicts.close()]) == [("b", True)]


def test_a_single_refusal_without_a_reason_is_temporary(verdicts: Verdicts) -> None:
    verdicts.refuse(mail_to("a"), UNKNOWN)
    assert read([*verdicts.close()]) == [("a", False)]


def test_refusals_for_different_reasons_are_not_alike(verdicts: Verdicts) -> None:
    verdicts.refuse(mail_to("a"), UNKNOWN)
    verdicts.refuse(mail_to("b"), OTHER)
    assert read([*verdicts.close()]) == [("a", False), ("b", False)]


def test_recipients_that_the_server_calls_wrong_fail(verdicts: Verdicts) -> None:
    verdicts.refuse(mail_to("a"), NO_SUCH_USER)
    verdicts.refuse(mail_to("b"), NO_SUCH_USER)
    assert read([*verdicts.close()]) == [("a", True), ("b", True)]
