"""The API under gunicorn, with the settings of production, in front of a Prometheus that hangs."""

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest
import requests

from api.clients.waiting import MOST_WAITING
from api.http.errors import RETRY_AFTER_SECONDS
from tests.integration.api.api_process import api

PROMPT_SECONDS = 2
TIMEOUT_SECONDS = 60
# Longer than the checks take, while requests wait.
PROMETHEUS_TIMEOUT_SECONDS = 12


@contextmanager
def hanging() -> Iterator[tuple[str, list[socket.socket]]]:
    """Accept connections and never answer. Give the address, and the connections so far."""
    done = threading.Event()
    connections: list[socket.socket] = []
    with ExitStack() as stack, socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
        listener.settimeout(0.1)

        def accept() -> None:
            while not done.is_set():
                with suppress(TimeoutError):
                    connections.append(stack.enter_context(listener.accept()[0]))

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}", connections
        finally:
            done.set()
            thread.join()


@pytest.fixture
def stuck(tmp_path: Path) -> Iterator[tuple[str, list[socket.socket]]]:
    """Return the address of an API whose Prometheus hangs, and the connections to it."""
    with hanging() as (prometheus, connections):
        environ = {"PROMETHEUS_TIMEOUT_SECONDS": str(PROMETHEUS_TIMEOUT_SECONDS)}
        with api(tmp_path / "log", prometheus, **environ) as url:
            yield url, connections


def assert_prompt(url: str) -> None:
    for path in ("healthz", "metrics", "", "openapi.json"):
        assert requests.get(f"{url}/{path}", timeout=PROMPT_SECONDS).ok


@pytest.mark.parametrize("kind", ["equal", "different"])
def test_health_is_answered_at_once_and_more_than_may_wait_are_refused(
    stuck: tuple[str, list[socket.socket]], kind: str
) -> None:
    url, connections = stuck
    number = MOST_WAITING + 72

    def ask(index: int) -> tuple[float, requests.Response]:
        began = time.monotonic()
        query = f"service=s{index}" if kind == "different" else ""
        answer = requests.get(f"{url}/api/v1/bandwidth?{query}", timeout=TIMEOUT_SECONDS)
        return time.monotonic() - began, answer

    with ThreadPoolExecutor(number) as pool:
        asked = [pool.submit(ask, index) for index in range(number)]
        while not connections or sum(one.done() for one in asked) < number - MOST_WAITING:
            assert_prompt(url)
        refused = [one.result() for one in asked if one.done()]
        assert_prompt(url)
        answers = [one.result()[1] for one in asked]
    assert {answer.status_code for _, answer in refused} == {503}
    for seconds, answer in refused:
        assert seconds < PROMETHEUS_TIMEOUT_SECONDS
        assert answer.headers["Retry-After"] == str(RETRY_AFTER_SECONDS)
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert f"{MOST_WAITING} requests wait" in answer.json()["detail"]
    assert sum(answer.status_code == 504 for answer in answers) == MOST_WAITING


def test_a_hundred_clients_that_wait_to_know_whether_it_is_ready_keep_health_from_nobody(
    stuck: tuple[str, list[socket.socket]],
) -> None:
    url, connections = stuck
    with ThreadPoolExecutor(100) as pool:
        asked = [
            pool.submit(requests.get, f"{url}/readyz", timeout=TIMEOUT_SECONDS) for _ in range(100)
        ]
        while not connections:
            assert_prompt(url)
        assert_prompt(url)
        assert {one.result().status_code for one in asked} == {504}
    assert len(connections) == 1
