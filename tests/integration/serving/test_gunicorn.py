"""The webhook under gunicorn, with the settings of production: unusual requests and settings."""

import subprocess
import sys
from pathlib import Path

import pytest
import requests

from serving import worker
from tests.integration.support.raw_requests import HOST, connect, head, read_all
from tests.integration.support.webhook_app import (
    AUTHORIZATION,
)

TIMEOUT_SECONDS = 40
# Far below the deadline for requests. This machine also runs other tests.
PROMPT_SECONDS = 5


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
