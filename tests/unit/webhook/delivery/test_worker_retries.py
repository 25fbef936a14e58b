from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from tests.unit.webhook.delivery.queued_mails import A, B, age, make, queue, rows, states
from tests.unit.webhook.samples import FakeConnection
from webhook.delivery.backoff import FEWEST_ATTEMPTS, GIVE_UP_AFTER
from webhook.delivery.smtp_replies import (
    ConnectionLostError,
    HoldError,
    SendError,
    UnreachableError,
)
from webhook.store.counters import SECONDS_SUM, read_counters
from webhook.store.database import Store
from webhook.store.status import HELD, read_status
from webhook.store.tables import envelopes


def test_a_refused_mail_expires_three_days_after_its_first_attempt_with_an_error_in_the_log(
    store: Store, connection: FakeConnection, caplog: pytest.LogCaptureFixture
) -> None:
    queue(store, A)
    first = datetime.now(UTC) - GIVE_UP_AFTER
    age(store, 2 * GIVE_UP_AFTER, tried_at=first, attempts=FEWEST_ATTEMPTS)
    connection.failures = {A: SendError("451 later", permanent=False)}
    make(store, connection).run_once()
    assert rows(store, "state", "answer") == [("expired", "451 later")]
    assert [record.levelname for record in caplog.records] == ["ERROR"]


def test_the_time_of_the_first_attempt_is_kept(store: Store, connection: FakeConnection) -> None:
    queue(store, A)
    before = datetime.now(UTC)
    connection.failures = {"*": SendError("451 later", permanent=False)}
    make(store, connection).run_once()
    ((first,),) = rows(store, "tried_at")
    assert before <= first <= datetime.now(UTC)
    age(store, timedelta(0), due_at=before)
    make(store, connection).run_once()
    assert rows(store, "attempts", "tried_at") == [(2, first)]


@pytest.mark.parametrize("down", [timedelta(hours=73), timedelta(days=4)])
def test_a_mail_that_waited_for_delivery_is_tried_for_three_days_from_its_first_attempt(
    store: Store, connection: FakeConnection, down: timedelta
) -> None:
    queue(store, A)
    age(store, down)
    connection.failures = {A: SendError("450 later", permanent=False)}
    make(store, connection).run_once()
    assert rows(store, "state", "attempts") == [("queued", 1)]


def test_an_unreachable_server_counts_no_attempt_and_expires_no_mail(
    store: Store, connection: FakeConnection
) -> None:
    queue(store, A, B)
    age(store, 2 * GIVE_UP_AFTER)
    connection.open_failure = UnreachableError("nobody listens")
    assert not make(store, connection).run_once()
    assert rows(store, "state", "attempts", "leased_by") == [("queued", 0, None)] * 2


@pytest.mark.parametrize("ahead", [timedelta(minutes=1), timedelta(days=1), timedelta(days=9_000)])
def test_a_mail_that_a_clock_ahead_of_time_has_queued_is_sent_now(
    store: Store, connection: FakeConnection, ahead: timedelta
) -> None:
    queue(store, A)
    future = datetime.now(UTC) + ahead
    age(store, -ahead, due_at=future)
    make(store, connection).run_once()
    assert states(store) == ["sent"]
    with store.reading() as reading:
        assert 0 <= read_counters(reading)[SECONDS_SUM][""] < 60


def test_a_retry_that_a_clock_ahead_of_time_has_planned_is_made_now(
    store: Store, connection: FakeConnection
) -> None:
    queue(store, A, B)
    with store.writing() as writing:
        for mail_id, minutes in ((1, 31), (2, 29)):
            due_at = datetime.now(UTC) + timedelta(minutes=minutes)
            which = update(envelopes).where(envelopes.c.mail_id == mail_id)
            writing.execute(which.values(due_at=due_at, attempts=1))
    make(store, connection).run_once()
    assert states(store) == ["sent", "queued"]


@pytest.mark.parametrize("why", ["TLS failed: self-signed certificate", "the login failed: 535"])
def test_a_wrong_login_or_certificate_holds_the_queue_and_is_stored_as_status(
    store: Store, connection: FakeConnection, why: str
) -> None:
    queue(store, A, B)
    age(store, 2 * GIVE_UP_AFTER)
    connection.open_failure = HoldError(why)
    assert not make(store, connection).run_once()
    assert rows(store, "state", "attempts") == [("queued", 0)] * 2
    with store.reading() as reading:
        first = read_status(reading)[HELD]
    assert first.value == why
    make(store, connection).run_once()
    with store.reading() as reading:
        assert read_status(reading)[HELD].at == first.at
    connection.open_failure = None
    assert make(store, connection).run_once()
    assert states(store) == ["sent", "sent"]
    with store.reading() as reading:
        assert HELD not in read_status(reading)


def test_a_lost_connection_counts_an_attempt_of_the_current_mail_alone(
    store: Store, connection: FakeConnection
) -> None:
    queue(store, A, B)
    connection.failures = {"*": ConnectionLostError("421 shutting down")}
    assert not make(store, connection).run_once()
    assert rows(store, "state", "attempts") == [("queued", 1), ("queued", 0)]
