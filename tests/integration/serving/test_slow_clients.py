"""Clients that are slow, silent or gone keep nobody else from being answered."""

import contextlib
import random
import socket
import struct
import threading
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests

from bench.slow_clients import all_kinds, besieged, dripping_body, silent, unfinished
from serving import worker
from tests.integration.support.databases import locked
from tests.integration.support.polling import poll
from tests.integration.support.raw_requests import HOST, connect, head, read_all
from tests.integration.support.webhook_app import (
    AUTHORIZATION,
    TOKEN,
    payload,
    usage,
)
from tests.integration.support.webhook_process import (
    answers,
    gunicorn,
    process,
    url_of,
)
from webhook import gunicorn_settings

TIMEOUT_SECONDS = 40
# Far below the deadline for requests. This machine also runs other tests.
PROMPT_SECONDS = 5


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


@pytest.mark.parametrize("seed", [1, 2])
def test_clients_that_hang_up_at_any_moment_leave_nothing_behind(
    url: str, port: int, seed: int
) -> None:
    """More than connections are allowed, so that one left behind each time is too much."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    body = b'{"alerts": []}'
    whole = [
        head(f"Content-Length: {len(body)}") + body,
        head("Transfer-Encoding: chunked") + b"e\r\n" + body + b"\r\n0\r\n\r\n",
        f"GET /healthz HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode(),
        head("Content-Length: 5", "Content-Length: 6") + body,
        head("Transfer-Encoding: chunked") + b"zz\r\n",
        chance.randbytes(300),
        b"\r\n\r\n" * 9,
    ]
    before = open_files(port)
    assert before > 0
    for _ in range(3 * gunicorn_settings.worker_connections):
        sent = chance.choice(whole) * chance.choice([1, 1, 2])
        with connect(
            port, sent[: chance.choice([len(sent), chance.randint(0, len(sent))])]
        ) as mine:
            if chance.random() < 0.5:
                # Closing it then resets the connection.
                mine.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            if chance.random() < 0.3:
                mine.shutdown(socket.SHUT_WR)
    assert_answers(url, 1)
    poll(lambda: open_files(port) <= before + 5, "connections stay open", TIMEOUT_SECONDS)


def open_files(port: int) -> int:
    """Return how many files the webhook's processes have open. This needs Linux."""
    found = 0
    for process_folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if f"--bind={HOST}:{port}".encode() in (process_folder / "cmdline").read_bytes():
                found += len(list((process_folder / "fd").iterdir()))
    return found


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
                # Behind a post that waits for the database, it would take all of them.
                assert requests.get(f"{url}/{path}", timeout=0.9 * PROMPT_SECONDS).ok
        assert statuses == [503] * len(statuses)
    for thread in threads:
        thread.join(TIMEOUT_SECONDS)
    assert len(statuses) == len(threads)


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
