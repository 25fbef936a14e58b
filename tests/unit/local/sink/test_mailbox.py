import pytest

from local.sink.mailbox import Mail, Mailbox
from local.sink.parsing import parse_mail


def mail(subject: str) -> Mail:
    return parse_mail(f"Subject: {subject}\r\n\r\n".encode(), "a@x", ["b@x"])


def test_the_mailbox_keeps_the_newest_mails_within_its_limits() -> None:
    by_number, by_bytes = Mailbox(max_mails=2), Mailbox(max_total_bytes=40)
    for subject in ("a", "b", "c"):
        by_number.add(mail(subject))
        by_bytes.add(mail(subject))
    assert [kept.subject for kept in by_number.mails()] == ["b", "c"]
    assert [kept.subject for kept in by_bytes.mails()] == ["b", "c"]


def test_waiting_for_mails_returns_them_or_reports_which_arrived() -> None:
    mailbox = Mailbox()
    mailbox.add(mail("only one"))
    assert len(mailbox.wait_for(1)) == 1
    with pytest.raises(TimeoutError, match=r"1 mails came.*2 were expected.*only one"):
        mailbox.wait_for(2, timeout_seconds=0.01)
