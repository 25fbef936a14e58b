import threading

import pytest

from tests.unit.webhook.samples import SENDER, FakeConnection
from webhook.delivery import session as session_module
from webhook.delivery.session import Session, StoppedError
from webhook.delivery.smtp_replies import (
    ConnectionLostError,
    HoldError,
    SendError,
    UnreachableError,
)


@pytest.fixture
def session(connection: FakeConnection) -> Session:
    return Session(lambda: connection, SENDER.addr_spec, threading.Event())


def test_mails_share_a_connection(session: Session, connection: FakeConnection) -> None:
    assert session.send("a@example.com", b"one") == "250 kept"
    session.send("b@example.com", b"two")
    assert connection.opened == 1


def test_a_mail_goes_over_a_new_connection_if_the_former_one_was_lost(
    session: Session, connection: FakeConnection
) -> None:
    session.send("a@example.com", b"one")
    connection.failures = {"b@example.com": ConnectionLostError("421 enough")}
    session.send("b@example.com", b"two")
    assert connection.opened == 2
    assert [content for _, content in connection.sent] == [b"one", b"two"]


def test_a_mail_is_not_tried_again_if_a_new_connection_is_lost(
    session: Session, connection: FakeConnection
) -> None:
    connection.failures = {"*": ConnectionLostError("421 not now")}
    with pytest.raises(ConnectionLostError):
        session.send("a@example.com", b"one")
    assert connection.opened == 1


@pytest.mark.parametrize("failure", [ConnectionLostError("421"), HoldError("550 not you")])
def test_a_process_that_stops_makes_no_further_attempt(
    connection: FakeConnection, failure: Exception
) -> None:
    stop = threading.Event()
    session = Session(lambda: connection, SENDER.addr_spec, stop)
    session.send("a@example.com", b"one")
    stop.set()
    connection.failures = {"*": failure}
    with pytest.raises(StoppedError):
        session.send("a@example.com", b"two")
    assert connection.opened == 1


def test_a_refused_mail_leaves_the_connection_open(
    session: Session, connection: FakeConnection
) -> None:
    connection.failures = {"a@example.com": SendError("550 no", permanent=True)}
    with pytest.raises(SendError):
        session.send("a@example.com", b"one")
    session.send("a@example.com", b"two")
    assert connection.opened == 1


def test_a_connection_that_could_not_be_opened_is_not_kept(
    session: Session, connection: FakeConnection
) -> None:
    connection.open_failure = UnreachableError("nobody listens")
    with pytest.raises(UnreachableError):
        session.send("a@example.com", b"one")
    connection.open_failure = None
    session.send("a@example.com", b"one")


def test_an_idle_connection_is_closed(
    session: Session, connection: FakeConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    session.send("a@example.com", b"one")
    session.close_idle()
    assert connection.is_open
    monkeypatch.setattr(session_module, "IDLE_SECONDS", -1)
    session.close_idle()
    assert not connection.is_open
