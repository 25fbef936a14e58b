"""Mails that are sent at once: the answer to each, and which are not tried any more."""

import threading

import pytest

from tests.unit.webhook.samples import SENDER, FakeConnection
from webhook.delivery.session import Session
from webhook.delivery.smtp_replies import (
    ConnectionLostError,
    HoldError,
    SendError,
    UnreachableError,
)
from webhook.preview.sending import send_at_once
from webhook.store.outbox import Mail

MAILS = [Mail(f"{to}@example.com", to, f"<{to}>", to.encode()) for to in ("a", "b", "c")]


def send(connection: FakeConnection) -> list[tuple[str, bool, str]]:
    session = Session(lambda: connection, SENDER.addr_spec, threading.Event())
    answers = send_at_once(session, MAILS)
    return [(answer.mail.subject, answer.is_accepted, answer.text) for answer in answers]


def test_each_mail_has_the_answer_of_the_server(connection: FakeConnection) -> None:
    assert send(connection) == [(to, True, "250 kept") for to in ("a", "b", "c")]
    assert (connection.opened, connection.is_open) == (1, False)


@pytest.mark.parametrize(
    "failure", [SendError("550 no such user", permanent=True), ConnectionLostError("421 bye")]
)
def test_a_mail_that_is_refused_affects_no_other(
    connection: FakeConnection, failure: Exception
) -> None:
    connection.failures = {"a@example.com": failure}
    assert send(connection) == [
        ("a", False, str(failure)),
        ("b", True, "250 kept"),
        ("c", True, "250 kept"),
    ]


@pytest.mark.parametrize("failure", [HoldError("the sender was refused"), UnreachableError("gone")])
def test_if_no_mail_can_be_sent_the_rest_is_not_tried(
    connection: FakeConnection, failure: Exception
) -> None:
    connection.open_failure = failure
    assert send(connection) == [
        ("a", False, str(failure)),
        ("b", False, "not tried"),
        ("c", False, "not tried"),
    ]
