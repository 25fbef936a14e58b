"""Refusals with 5xx: a mail fails only if that is the recipient's fault, not the server's."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from tests.unit.webhook.delivery.queued_mails import A, B, C, make, queue, rows, states
from tests.unit.webhook.samples import FakeConnection
from webhook.delivery.smtp_replies import RefusedError
from webhook.store.database import Store
from webhook.store.status import HELD, read_status
from webhook.store.tables import envelopes

REFUSED = RefusedError("554 not here", permanent=True, kind="554 ")
POLICY = RefusedError("550 5.7.1 not you", permanent=False, kind="550 5.7.1")


def hold(store: Store) -> str:
    with store.reading() as connection:
        held = read_status(connection).get(HELD)
    return held.value if held else ""


def make_all_due(store: Store) -> None:
    with store.writing() as connection:
        due_at = datetime.now(UTC) - timedelta(seconds=1)
        connection.execute(update(envelopes).values(due_at=due_at))


@pytest.mark.parametrize("error", [REFUSED, POLICY])
@pytest.mark.parametrize("recipients", [(A, B, C), (A, B)])
def test_a_server_that_refuses_different_recipients_alike_holds_the_queue(
    store: Store, connection: FakeConnection, error: RefusedError, recipients: tuple[str, ...]
) -> None:
    queue(store, *recipients)
    connection.failures = {"*": error}
    for _ in range(3):
        assert not make(store, connection).run_once()
        make_all_due(store)
    assert rows(store, "state", "attempts") == [("queued", 0)] * len(recipients)
    assert hold(store) == f"the server refuses different recipients alike: {error}"
    connection.failures = {}
    assert make(store, connection).run_once()
    assert states(store) == ["sent"] * len(recipients)
    assert hold(store) == ""


def test_after_a_hold_other_mails_are_tried_first(store: Store, connection: FakeConnection) -> None:
    queue(store, A, B)
    connection.failures = {A: REFUSED, B: REFUSED}
    assert not make(store, connection).run_once()
    queue(store, C)
    assert make(store, connection).run_once()
    assert [to for to, _ in connection.sent] == [C]
    assert hold(store) == ""
    make_all_due(store)
    connection.failures = {A: REFUSED, B: REFUSED}
    make(store, connection).run_once()
    # Somebody else got a mail since they were refused first.
    assert rows(store, "state", "attempts") == [("failed", 1), ("failed", 1), ("sent", 1)]


@pytest.mark.parametrize("refused", [A, B, C])
def test_one_refused_recipient_among_others_fails_at_once(
    store: Store, connection: FakeConnection, refused: str
) -> None:
    queue(store, A, B, C)
    connection.failures = {refused: REFUSED}
    assert make(store, connection).run_once()
    assert sorted(rows(store, "state", "attempts")) == [("failed", 1), ("sent", 1), ("sent", 1)]


def test_a_policy_that_refuses_one_recipient_delays_that_mail_alone(
    store: Store, connection: FakeConnection
) -> None:
    queue(store, A, B)
    connection.failures = {A: POLICY}
    assert make(store, connection).run_once()
    assert rows(store, "state", "answer") == [("queued", str(POLICY)), ("sent", "250 kept")]


def test_a_mail_that_is_refused_alone_is_tried_again(
    store: Store, connection: FakeConnection
) -> None:
    queue(store, A)
    connection.failures = {A: REFUSED}
    assert make(store, connection).run_once()
    assert rows(store, "state", "attempts") == [("queued", 1)]
