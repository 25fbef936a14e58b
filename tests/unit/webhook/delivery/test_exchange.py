import math
import socket
import threading
import time
from dataclasses import dataclass, field

import pytest

from webhook.delivery import exchange
from webhook.delivery.exchange import CutOffError, Line, run


@dataclass
class Waiting:
    """A connection on which a server says nothing."""

    deadline: float = math.inf
    stop_seconds: float = 0
    is_cut: threading.Event = field(default_factory=threading.Event)

    def cut(self) -> None:
        """Make ``wait`` fail."""
        self.is_cut.set()

    def wait(self) -> None:
        """Wait for the server."""
        self.is_cut.wait(20)
        raise ConnectionResetError("cut")


def test_the_result_and_the_error_of_an_exchange_are_passed_on() -> None:
    assert run(lambda: "250 kept", Waiting(), threading.Event()) == "250 kept"
    with pytest.raises(ZeroDivisionError):
        run(lambda: 1 / 0, Waiting(), threading.Event())


def test_an_exchange_is_cut_at_its_deadline() -> None:
    connection = Waiting(deadline=time.monotonic() + 0.3)
    with pytest.raises(ConnectionResetError):
        run(connection.wait, connection, threading.Event())
    assert time.monotonic() >= connection.deadline


def test_an_exchange_is_cut_some_time_after_a_stop() -> None:
    connection, stop, began = Waiting(stop_seconds=0.3), threading.Event(), time.monotonic()
    stop.set()
    with pytest.raises(ConnectionResetError):
        run(connection.wait, connection, stop)
    assert 0.3 <= time.monotonic() - began < 5


def test_an_exchange_that_does_not_end_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "END_SECONDS", 0.1)
    end = threading.Event()
    with pytest.raises(CutOffError):
        run(lambda: end.wait(20), Waiting(deadline=0), threading.Event())
    end.set()


def test_a_cut_line_fails_at_once_and_for_later_connections() -> None:
    here, there = socket.socketpair()
    line = Line()
    with here, there:
        line.attach(here)
        line.cut()
        assert here.recv(1) == b""
        line.close()
        with pytest.raises(TimeoutError):
            line.attach(there)
        assert there.fileno() == -1
