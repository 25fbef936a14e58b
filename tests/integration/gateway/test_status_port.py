"""The status port: scrapes, failing and slow ones too, and the actions for tests."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from kong.mock import status
from tests.integration.gateway.client import (
    WAIT_SECONDS,
    Gateway,
    read_to_the_end,
    request,
    wait_until,
)


def test_bytes_moved_while_scrapes_fail_are_counted(gateway: Gateway) -> None:
    assert gateway.ask("POST", "/fail?seconds=3600")[0] == 200
    with gateway.connect() as client:
        client.sendall(request("GET", "/bun", last=True))
        received = read_to_the_end(client)
    assert gateway.ask("GET", "/metrics")[0] == 503
    assert gateway.ask("POST", "/ok")[0] == 200
    assert gateway.counted()["bun-route", "", "egress"] == len(received)
    code, text = gateway.ask("GET", "/metrics")
    assert code == 200
    line = (
        'kong_bandwidth_bytes{service="bun-service",route="bun-route",direction="egress",'
        f'workspace="default",consumer=""}} {len(received)}\n'
    )
    assert line in text


def test_failing_scrapes_end_after_the_requested_time(gateway: Gateway) -> None:
    gateway.ask("POST", "/fail?seconds=0.05")
    wait_until(lambda: gateway.ask("GET", "/metrics")[0] == 200)


def test_a_restart_drops_all_counters(gateway: Gateway) -> None:
    with gateway.connect() as client:
        client.sendall(request("GET", "/bun", last=True))
        read_to_the_end(client)
    assert gateway.counted()
    started_at = json.loads(gateway.ask("GET", "/truth")[1])["started_at"]
    assert gateway.ask("POST", "/restart")[0] == 200
    assert gateway.counted() == {}
    assert "bandwidth" not in gateway.ask("GET", "/metrics")[1]
    assert json.loads(gateway.ask("GET", "/truth")[1])["started_at"] > started_at


def test_a_slow_scrape_has_the_counts_of_its_end(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting, over = threading.Event(), threading.Event()

    def wait(_: float) -> None:
        waiting.set()
        assert over.wait(WAIT_SECONDS)

    clock = SimpleNamespace(sleep=wait, monotonic=time.monotonic)
    monkeypatch.setattr(status, "time", clock)
    with ThreadPoolExecutor(1) as scraper:
        scrape = scraper.submit(gateway.ask, "GET", "/metrics")
        assert waiting.wait(WAIT_SECONDS)
        with gateway.connect() as client:
            client.sendall(request("GET", "/bun", last=True))
            read_to_the_end(client)
        over.set()
        assert 'route="bun-route"' in scrape.result(WAIT_SECONDS)[1]


@pytest.mark.parametrize(
    ("method", "target", "code"),
    [
        ("GET", "/", 404),
        ("POST", "/metrics", 404),
        ("POST", "/fail?seconds=x", 400),
        ("POST", "/fail?seconds=nan", 400),
        ("POST", "/fail?seconds=-1", 400),
    ],
)
def test_unknown_paths_and_invalid_values_are_refused(
    gateway: Gateway, method: str, target: str, code: int
) -> None:
    assert gateway.ask(method, target)[0] == code
