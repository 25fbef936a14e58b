"""The API in front of a Prometheus that is not there, or stuck."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from api import create_app

QUERY = "/metrics/bandwidth_used?lookback_duration=5m"
HALF_AN_ANSWER = b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"status":'
WAIT_SECONDS = 30.0


@contextmanager
def stuck(says: bytes) -> Iterator[str]:
    """Serve one connection: say something, and then nothing more."""
    done = threading.Event()

    def serve(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(2**16)
            connection.sendall(says)
            done.wait(WAIT_SECONDS)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(WAIT_SECONDS)
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            done.set()
            thread.join()


@pytest.mark.parametrize("says", [b"", HALF_AN_ANSWER], ids=["nothing", "half an answer"])
def test_a_prometheus_that_is_stuck_is_504(says: bytes) -> None:
    with stuck(says) as url:
        environ = {"PROMETHEUS_URL": url, "PROMETHEUS_TIMEOUT_SECONDS": "1"}
        answer = create_app(environ).test_client().get(QUERY)
    assert answer.status_code == 504
    assert answer.content_type == "application/problem+json"


def test_a_prometheus_that_is_not_there_is_503() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    answer = create_app({"PROMETHEUS_URL": url}).test_client().get(QUERY)
    assert answer.status_code == 503
    assert "Retry-After" in answer.headers
