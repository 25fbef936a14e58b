"""The status port: scrapes, failing and slow ones too, and the actions for tests."""

import http.client
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from kong.mock.ports import status
from tests.integration.gateway.client import (
    WAIT_SECONDS,
    Gateway,
    address,
    read_to_the_end,
    request,
    wait_until,
)

EGRESS = (
    'kong_bandwidth_bytes{service="bun-service",route="bun-route",direction="egress",'
    'workspace="default",consumer=""}'
)


def test_bytes_moved_while_scrapes_fail_are_counted(gateway: Gateway) -> None:
    assert gateway.ask("POST", "/fail?seconds=3600")[0] == 200
    with gateway.connect() as client:
        client.sendall(request("GET", "/bun", last=True))
        received = read_to_the_end(client)
    assert gateway.ask("GET", "/metrics")[0] == 503
    assert gateway.ask("POST", "/ok")[0] == 200
    assert gateway.counted()["bun-route", "", "egress"] == len(received)
    assert f"{EGRESS} {len(received)}\n" in gateway.metrics()


def test_failing_scrapes_end_after_the_requested_time(gateway: Gateway) -> None:
    gateway.ask("POST", "/fail?seconds=0.05")
    wait_until(lambda: gateway.ask("GET", "/metrics")[0] == 200)


def moved(gateway: Gateway) -> int:
    """Move bytes on the route of bun, and return how many the client has received."""
    with gateway.connect() as client:
        client.sendall(request("GET", "/bun", last=True))
        return len(read_to_the_end(client))


def test_a_restart_drops_all_counters(gateway: Gateway) -> None:
    moved(gateway)
    assert gateway.counted()
    before = gateway.truth()
    assert gateway.ask("POST", "/restart")[0] == 200
    assert gateway.counted() == {}
    assert "bandwidth" not in gateway.metrics()
    after = gateway.truth()
    assert after["started_at"] > before["started_at"]
    assert after["node_id"] != before["node_id"]


def test_a_reload_keeps_counters_requests_and_the_identity(gateway: Gateway) -> None:
    size_bytes = moved(gateway)
    before = gateway.truth()
    total = gateway.counters.snapshot().total_requests
    assert gateway.ask("POST", "/reload")[0] == 200
    assert f"{EGRESS} {size_bytes}\n" in gateway.metrics()
    after = gateway.truth()
    assert after["workers"] != before["workers"]
    assert (after["node_id"], after["started_at"]) == (before["node_id"], before["started_at"])
    assert gateway.counters.snapshot().total_requests > total


def test_a_connection_outlives_a_reload(gateway: Gateway) -> None:
    connection = http.client.HTTPConnection(*address(gateway.proxy), timeout=WAIT_SECONDS)
    connection.request("GET", "/bun")
    connection.getresponse().read()
    # A reload loses requests that are still open.
    gateway.counted()
    gateway.ask("POST", "/reload")
    connection.request("GET", "/bun")
    connection.getresponse().read()
    connection.close()
    assert re.search(r'kong_http_requests_total\{.*consumer=""\} 2\n', gateway.metrics())


def test_the_plugin_can_be_disabled_and_counts_on_later(gateway: Gateway) -> None:
    size_bytes = moved(gateway)
    gateway.counted()
    assert gateway.ask("POST", "/plugin/off")[0] == 200
    moved(gateway)
    text = gateway.metrics()
    assert "bandwidth" not in text
    assert "kong_nginx_requests_total{" in text
    assert gateway.ask("POST", "/plugin/on")[0] == 200
    assert f"{EGRESS} {size_bytes}\n" in gateway.metrics()
    moved(gateway)
    assert f"{EGRESS} {2 * size_bytes}\n" in gateway.metrics()
    assert gateway.counted()["bun-route", "", "egress"] == 3 * size_bytes


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
        gateway.counted()
        gateway.proxy.gateway.sync()
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
