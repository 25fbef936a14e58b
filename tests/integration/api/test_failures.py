"""The API in front of a Prometheus that is not there, or stuck."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from werkzeug.test import TestResponse

from api import create_app

QUERY = "/metrics/bandwidth_used?lookback_duration=5m"
OK = b"HTTP/1.1 200 OK\r\n"
FOUND = b"HTTP/1.1 302 Found\r\nLocation: "
DRIP_SECONDS = 0.2
LIMIT_SECONDS = 30.0
# What is said first, and then again and again.
SLOW = {
    "nothing": (b"", b""),
    "half an answer": (OK + b'Content-Length: 1000\r\n\r\n{"status":', b""),
    "a body by drops": (OK + b"Content-Length: 1000\r\n\r\n", b"{"),
    "a body without a length by drops": (OK + b"\r\n", b" "),
    "a status by drops": (b"HTTP/1.1 200 ", b"O"),
    "a header by drops": (OK + b"X-Header: ", b"x"),
    "headers without end": (OK, b"X-Header: x\r\n"),
    "not yet, and not yet": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "a chunk that never begins": (OK + b"Transfer-Encoding: chunked\r\n\r\n1;", b"x"),
    "chunks that never end": (OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X: x\r\n"),
    "a redirect by drops": (FOUND + b"/elsewhere\r\n\r\n", b"x"),
}
NO_ANSWERS = {
    "a redirect": FOUND + b"/elsewhere\r\n\r\n",
    "a redirect to nowhere": FOUND + b"http://[::1\r\n\r\n",
    "a redirect to no text": FOUND + b"http://\xff\xfe/\r\n\r\n",
    "what was not to be compressed": OK + b"Content-Encoding: gzip\r\n\r\n\x1f\x8b",
    "no JSON": OK + b"\r\n<html>",
    "half a chunk": OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
}


@contextmanager
def saying(first: bytes, again: bytes | None = None) -> Iterator[str]:
    """Serve one connection: say something, then the same again and again; None ends it."""
    done = threading.Event()

    def serve(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection, suppress(OSError):
            connection.recv(2**16)
            connection.sendall(first)
            while again is not None and not done.wait(DRIP_SECONDS):
                connection.sendall(again)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(LIMIT_SECONDS)
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            done.set()
            thread.join()


def ask(url: str) -> TestResponse:
    environ = {"PROMETHEUS_URL": url, "PROMETHEUS_TIMEOUT_SECONDS": "1"}
    return create_app(environ).test_client().get(QUERY)


@pytest.mark.parametrize("case", SLOW)
def test_a_prometheus_that_is_stuck_or_trickles_is_504_in_time(case: str) -> None:
    began = time.monotonic()
    with saying(*SLOW[case]) as url:
        answer = ask(url)
    assert answer.status_code == 504
    assert answer.content_type == "application/problem+json"
    # The timeout, the grace, and much for a busy machine; drops would go on for ever.
    assert time.monotonic() - began < LIMIT_SECONDS


@pytest.mark.parametrize("case", NO_ANSWERS)
def test_an_answer_that_is_not_prometheus_is_502(case: str) -> None:
    with saying(NO_ANSWERS[case]) as url:
        answer = ask(url)
    assert answer.status_code == 502
    assert answer.content_type == "application/problem+json"


def test_a_redirect_with_a_body_without_end_is_not_read_to_its_end() -> None:
    """It would be 64 MiB and more: as large as an answer may be, and no larger."""
    with saying(FOUND + b"/elsewhere\r\n\r\n" + b" " * (80 * 2**20)) as url:
        answer = ask(url)
    assert answer.status_code == 422


def test_a_prometheus_that_is_not_there_is_503() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    answer = create_app({"PROMETHEUS_URL": url}).test_client().get(QUERY)
    assert answer.status_code == 503
    assert "Retry-After" in answer.headers
