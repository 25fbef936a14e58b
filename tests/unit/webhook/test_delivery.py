import logging
from typing import cast

import pytest

import webhook.delivery
from tests.unit.webhook.samples import NOW, QUOTAS, SENDER, FakeConnection, usage
from webhook.delivery import Delivery, deliver
from webhook.mails import compose_mails
from webhook.smtp import Connection, SendError

MAILS = compose_mails([usage()], QUOTAS, SENDER, NOW)
TEMPORARY = SendError("450 greylisted", permanent=False)
PERMANENT = SendError("550 no such user", permanent=True)


def run(connection: FakeConnection) -> Delivery:
    return deliver(MAILS, SENDER.addr_spec, lambda: cast("Connection", connection), "r1")


def test_every_mail_is_sent(connection: FakeConnection) -> None:
    assert run(connection) == Delivery(sent=2)
    assert connection.sent == [(mail.recipient, mail.content) for mail in MAILS]


def test_without_mails_nothing_is_opened() -> None:
    def fail() -> Connection:
        raise AssertionError

    assert deliver((), SENDER.addr_spec, fail, "r1") == Delivery()


def test_a_refusal_of_one_does_not_keep_the_other_from_being_sent(
    connection: FakeConnection, caplog: pytest.LogCaptureFixture
) -> None:
    connection.failures = {"bun@example.com": PERMANENT}
    assert run(connection) == Delivery(sent=1, refused=1)
    assert "to=bun@example.com refused reason='550 no such user'" in caplog.text


def test_a_temporary_refusal_is_a_failure(connection: FakeConnection) -> None:
    connection.failures = {"bun@example.com": TEMPORARY, "boss@example.com": PERMANENT}
    assert run(connection) == Delivery(refused=1, failed=1)


def test_without_a_server_all_mails_fail(
    connection: FakeConnection, caplog: pytest.LogCaptureFixture
) -> None:
    connection.failures = {"*": ConnectionRefusedError("nobody listens")}
    assert run(connection) == Delivery(failed=2)
    assert "no SMTP session: ConnectionRefusedError: nobody listens" in caplog.text


def test_no_mail_is_begun_when_the_time_is_over(
    connection: FakeConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook.delivery, "DELIVERY_SECONDS", 0)
    assert run(connection) == Delivery(failed=2)


def test_an_answer_of_the_server_cannot_forge_a_line_of_the_log(
    connection: FakeConnection, caplog: pytest.LogCaptureFixture
) -> None:
    connection.failures = {"bun@example.com": SendError("550 no\nrequest=x ok", permanent=True)}
    caplog.set_level(logging.INFO)
    run(connection)
    assert all("\n" not in record.getMessage() for record in caplog.records)
