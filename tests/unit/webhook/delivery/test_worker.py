import logging
import sqlite3
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.exc import OperationalError

from tests.unit.webhook.delivery.queued_mails import A, B, C, make, queue, rows, states
from tests.unit.webhook.samples import SENDER, FakeConnection
from webhook.delivery import worker
from webhook.delivery.session import Session
from webhook.delivery.smtp_replies import (
    SendError,
)
from webhook.delivery.worker import Deliverer
from webhook.store.counters import ATTEMPTS, read_counters
from webhook.store.database import Store
from webhook.store.outbox import FIRST
from webhook.store.sending.claims import claim
from webhook.store.tables import envelopes


def test_every_mail_is_sent_once(store: Store, connection: FakeConnection) -> None:
    queue(store, A, B)
    assert make(store, connection).run_once()
    assert make(store, connection).run_once()
    assert connection.sent == [(A, b"content of a@example.com"), (B, b"content of b@example.com")]
    assert rows(store, "state", "attempts", "answer") == [("sent", 1, "250 kept")] * 2


def test_mails_with_the_first_priority_are_sent_first(
    store: Store, connection: FakeConnection
) -> None:
    queue(store, A, B)
    queue(store, C, priority=FIRST)
    make(store, connection).run_once()
    assert [to for to, _ in connection.sent] == [C, A, B]


def test_a_permanent_refusal_fails_the_mail_of_that_recipient_alone(
    store: Store, connection: FakeConnection
) -> None:
    queue(store, A, B, C)
    connection.failures = {B: SendError("550 no such user", permanent=True)}
    assert make(store, connection).run_once()
    assert states(store) == ["sent", "failed", "sent"]
    assert rows(store, "answer")[1] == ("550 no such user",)
    make(store, connection).run_once()
    assert len(connection.sent) == 2


def test_a_temporary_refusal_delays_that_mail_alone(
    store: Store, connection: FakeConnection
) -> None:
    queue(store, A, B)
    connection.failures = {A: SendError("451 later", permanent=False)}
    before = datetime.now(UTC)
    assert make(store, connection).run_once()
    after = datetime.now(UTC)
    assert states(store) == ["queued", "sent"]
    ((due_at, attempts),) = rows(store, "due_at", "attempts")[:1]
    assert before + timedelta(seconds=5) <= due_at <= after + timedelta(seconds=6.25)
    assert attempts == 1


def test_a_sent_mail_is_not_sent_again_if_its_outcome_could_not_be_stored(
    store: Store, connection: FakeConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue(store, A)
    deliverer = make(store, connection)

    def fail(*_: object) -> None:
        raise OperationalError("UPDATE", {}, sqlite3.OperationalError("disk I/O error"))

    monkeypatch.setattr(worker, "settle", fail)
    assert not deliverer.run_once()
    assert states(store) == ["sending"]
    monkeypatch.undo()
    deliverer.run_once()
    assert states(store) == ["sent"]
    assert len(connection.sent) == 1


def test_a_mail_is_sent_after_the_lease_of_a_killed_process_has_run_out(
    store: Store, connection: FakeConnection
) -> None:
    queue(store, A)
    now = datetime.now(UTC)
    with store.writing() as writing:
        assert len(claim(writing, "killed", now, now + timedelta(seconds=60), 5)) == 1
    make(store, connection).run_once()
    assert connection.sent == []
    with store.writing() as writing:
        writing.execute(update(envelopes).values(leased_until=now - timedelta(seconds=1)))
    make(store, connection).run_once()
    assert len(connection.sent) == 1


def test_on_stop_the_current_mail_is_finished_and_the_others_are_queued_again(
    store: Store, connection: FakeConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue(store, A, B, C)
    stop = threading.Event()
    send = FakeConnection.send_bytes

    def send_and_stop(self: FakeConnection, *arguments: Any) -> str:
        stop.set()
        return send(self, *arguments)

    monkeypatch.setattr(FakeConnection, "send_bytes", send_and_stop)
    session = Session(lambda: connection, SENDER.addr_spec, stop)
    Deliverer(store, session, stop).run()
    assert states(store) == ["sent", "queued", "queued"]


def test_attempts_are_counted_by_result(store: Store, connection: FakeConnection) -> None:
    queue(store, A, B, C)
    connection.failures = {
        A: SendError("451 later", permanent=False),
        B: SendError("550 no", permanent=True),
    }
    make(store, connection).run_once()
    with store.reading() as reading:
        assert read_counters(reading)[ATTEMPTS] == {"later": 1, "failed": 1, "sent": 1}


def test_a_servers_answer_cannot_add_a_line_to_the_log(
    store: Store, connection: FakeConnection, caplog: pytest.LogCaptureFixture
) -> None:
    queue(store, A)
    connection.failures = {A: SendError("550 no\nmail=x sent", permanent=True)}
    caplog.set_level(logging.INFO)
    make(store, connection).run_once()
    assert all("\n" not in record.getMessage() for record in caplog.records)
    assert rows(store, "answer") == [("550 no mail=x sent",)]
