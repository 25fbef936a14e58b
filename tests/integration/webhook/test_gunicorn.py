"""The webhook under gunicorn, with the settings of production: limits, slow clients, the end."""

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests

from bench.slow_clients import all_kinds, besieged, dripping_body, silent, unfinished
from local.stack.ports import free_ports
from serving import worker
from tests.integration.support.polling import poll
from tests.integration.support.webhook_app import (
    AUTHORIZATION,
    ROOT,
    TOKEN,
    make_environ,
    payload,
    usage,
)
from tests.integration.support.webhook_lock import locked
from tests.integration.support.webhook_process import (
    answers,
    gunicorn,
    process,
    url_of,
    webhook,
)
from webhook import gunicorn_settings

TIMEOUT_SECONDS = 40
# Far below the deadline for requests. This machine also runs other tests.
PROMPT_SECONDS = 5
HOST = "127.0.0.1"


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return make_environ(tmp_path, PYTHONPATH=str(ROOT))


@pytest.fixture
def port() -> int:
    return free_ports(1)[0]


@pytest.fixture
def url(tmp_path: Path, environ: dict[str, str], port: int) -> Iterator[str]:
    with webhook(port, environ, tmp_path / "log") as url:
        yield url


def connect(port: int, *parts: bytes) -> socket.socket:
    """Return a connection that has sent these bytes."""
    connection = socket.create_connection((HOST, port), TIMEOUT_SECONDS)
    for part in parts:
        connection.sendall(part)
    return connection


def read_all(connection: socket.socket) -> bytes:
    """Return all bytes until the server closes the connection."""
    return b"".join(iter(lambda: connection.recv(65_536), b""))


def head(*headers: str) -> bytes:
    """Return the head of a post with the token."""
    lines = ["POST /alerts HTTP/1.1", f"Host: {HOST}", "Content-Type: application/json"]
    return "\r\n".join([*lines, f"Authorization: Bearer {TOKEN}", *headers, "", ""]).encode()


def assert_answers(url: str, seconds: float) -> None:
    """Fail unless the webhook answers promptly, each time within some seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert requests.get(f"{url}/healthz", timeout=PROMPT_SECONDS).status_code == 200
        body = payload(usage(consumer=f"at {time.monotonic()}"))
        answer = requests.post(
            f"{url}/alerts", json=body, headers=AUTHORIZATION, timeout=PROMPT_SECONDS
        )
        assert answer.json() == {"alerts": 1, "mails": 2}


def test_slow_clients_of_all_kinds_keep_nobody_from_being_answered(url: str, port: int) -> None:
    with besieged(all_kinds(port, TOKEN)):
        # Until after the first of them have been closed and are back.
        assert_answers(url, worker.REQUEST_SECONDS + 5)


def test_more_silent_connections_than_are_allowed_are_closed_in_favour_of_new_ones(
    url: str, port: int
) -> None:
    number = gunicorn_settings.worker_connections + 200
    with ExitStack() as stack:
        for _ in range(number):
            stack.enter_context(connect(port))
        assert_answers(url, 2)


@pytest.mark.parametrize("make", [silent, unfinished, dripping_body])
def test_a_request_that_is_not_whole_in_time_is_closed_however_it_arrives(
    url: str, port: int, make: object
) -> None:
    assert url
    start = b"" if make is silent else head("Content-Length: 10000")
    drip = b" " if make is dripping_body else b""
    began = time.monotonic()
    with connect(port, start) as connection:
        connection.settimeout(1)
        while True:
            try:
                if connection.recv(1) == b"":
                    break
            except TimeoutError:
                connection.sendall(drip)
            except ConnectionResetError:
                break
            assert time.monotonic() - began < worker.REQUEST_SECONDS + PROMPT_SECONDS
    assert time.monotonic() - began > worker.REQUEST_SECONDS - 1


def test_health_checks_are_answered_while_all_posts_wait_for_the_database(
    url: str, tmp_path: Path
) -> None:
    waiting = threading.Barrier(3 * gunicorn_settings.threads + 1)
    statuses: list[int] = []

    def post(number: int) -> None:
        waiting.wait(TIMEOUT_SECONDS)
        body = payload(usage(consumer=f"c{number}"))
        answer = requests.post(
            f"{url}/alerts", json=body, headers=AUTHORIZATION, timeout=TIMEOUT_SECONDS
        )
        statuses.append(answer.status_code)

    threads = [threading.Thread(target=post, args=(n,)) for n in range(waiting.parties - 1)]
    with locked(tmp_path / "outbox.db"):
        for thread in threads:
            thread.start()
        waiting.wait(TIMEOUT_SECONDS)
        while not statuses:
            for path in ("healthz", "readyz/store", "metrics"):
                assert requests.get(f"{url}/{path}", timeout=PROMPT_SECONDS / 2).ok
        assert statuses == [503] * len(statuses)
    for thread in threads:
        thread.join(TIMEOUT_SECONDS)
    assert len(statuses) == len(threads)


def test_tiny_chunks_of_a_body_that_is_too_large_are_answered_400(url: str, port: int) -> None:
    assert url
    with connect(port, head("Transfer-Encoding: chunked")) as connection:
        connection.sendall(b"1\r\n \r\n" * (worker.MOST_BODY_BYTES // 6 + 1))
        assert b" 400 " in read_all(connection)


def test_several_requests_on_one_connection_are_answered_in_order(url: str, port: int) -> None:
    assert url
    get = f"GET /readyz/%s HTTP/1.1\r\nHost: {HOST}\r\n%s\r\n"
    sent = (get % ("one", "") + get % ("two", "Connection: close\r\n")).encode()
    # Both arrive at once, the second one in two parts.
    with connect(port, sent[:-20], sent[-20:]) as connection:
        answers = read_all(connection)
    assert 0 < answers.find(b"no check one") < answers.find(b"no check two")
    with requests.Session() as session:
        for _ in range(3):
            assert session.get(f"{url}/healthz", timeout=PROMPT_SECONDS).ok


def test_a_client_that_asks_whether_to_go_on_is_answered(url: str, port: int) -> None:
    assert url
    body = b'{"alerts": []}'
    length = f"Content-Length: {len(body)}"
    with connect(port, head(length, "Expect: 100-continue", "Connection: close")) as connection:
        assert connection.recv(4_096).startswith(b"HTTP/1.1 100 ")
        connection.sendall(body)
        assert b'{"alerts":0,"mails":0}' in read_all(connection)


def test_a_body_that_is_announced_too_large_is_answered_413_before_all_of_it_arrives(
    url: str, port: int
) -> None:
    assert url
    with connect(port, head(f"Content-Length: {10**9}")) as connection:
        connection.sendall(b" " * worker.MOST_BODY_BYTES)
        assert b"413" in read_all(connection)


@pytest.mark.parametrize("in_chunks", [False, True])
def test_a_body_that_is_too_large_is_answered_413(
    url: str,
    in_chunks: bool,  # noqa: FBT001 - pytest passes it
) -> None:
    # Valid except for its size, so a body that was cut would be accepted.
    body = b'{"version": "4", "status": "firing", "alerts": []}' + b" " * (11 * 1024 * 1024)
    headers = AUTHORIZATION | {"Content-Type": "application/json"}
    response = requests.post(
        f"{url}/alerts",
        data=iter([body]) if in_chunks else body,
        headers=headers,
        timeout=TIMEOUT_SECONDS,
    )
    assert response.status_code == 413
    assert response.headers["Content-Type"] == "application/problem+json"


def test_a_wrong_setting_stops_the_start_and_is_named(
    environ: dict[str, str], tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "gunicorn", "--bind=127.0.0.1:0", "webhook:create_app()"],
        env=environ | {"MAIL_PORT": "smtp"},
        cwd=tmp_path,
        check=False,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
    )
    assert done.returncode != 0
    assert 'MAIL_PORT: "smtp" is not a port; write a whole number from 1 to 65535' in done.stderr


def test_a_stop_answers_the_request_that_is_arriving_and_waits_for_no_silent_client(
    tmp_path: Path, environ: dict[str, str], port: int
) -> None:
    body = b'{"alerts": []}'
    with process(tmp_path / "log", *gunicorn(port), **environ) as running:
        poll(lambda: answers(f"{url_of(port)}/healthz"), "the webhook does not start")
        headers = head(f"Content-Length: {len(body)}", "Expect: 100-continue")
        with connect(port), connect(port, headers) as connection:
            assert connection.recv(4_096).startswith(b"HTTP/1.1 100 ")
            running.terminate()
            began = time.monotonic()
            connection.sendall(body)
            assert b'{"alerts":0,"mails":0}' in read_all(connection)
            running.wait(TIMEOUT_SECONDS)
            assert time.monotonic() - began < PROMPT_SECONDS
