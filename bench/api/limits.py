"""What is left of memory and of time for others, while the API is asked for much."""

import http.client
import socket
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace

import requests

from bench.api.history import CONSUMERS
from bench.api.quick_prometheus import quick_prometheus
from bench.api.setup import (
    CACHE_MEGABYTES,
    HOST,
    TIMEOUT_SECONDS,
    Bench,
    Row,
    read_metric,
    start_api,
)

MEBIBYTE = 2**20
MOST_CHARTS_SECONDS = 60.0
OVERSIZED = 8
WAITING = 200
_MEMORY = "process_resident_memory_bytes"
_DAY = "start=1769774400&end=1769860800&by=consumer&step=1m"


def measure_cache(bench: Bench, charts: int) -> list[Row]:
    """Return a row about the memory after many different charts, or as many as a minute allows."""
    end = time.monotonic() + MOST_CHARTS_SECONDS

    def ask(first: int) -> int:
        connection = http.client.HTTPConnection(HOST, bench.port, timeout=TIMEOUT_SECONDS)
        asked = 0
        for number in range(first, charts, 4):
            if time.monotonic() > end:
                break
            # Two hours of each chart fill the cache.
            start = str(bench.end - 7_200)
            connection.request("GET", bench.chart(2_000_000 + number, start=start))
            answer = connection.getresponse()
            answer.read()
            if answer.status != http.HTTPStatus.OK:
                raise RuntimeError(f"HTTP {answer.status}")
            asked += 1
        connection.close()
        return asked

    before = bench.read_metric(_MEMORY)
    with ThreadPoolExecutor(4) as pool:
        asked = sum(pool.map(ask, range(4)))
    grown = (bench.read_metric(_MEMORY) - before) / MEBIBYTE
    cached = bench.read_metric("api_cache_bytes") / MEBIBYTE
    most = 3 * CACHE_MEGABYTES
    result = f"+{grown:.0f} MiB; {cached:.0f} cached"
    return [Row(f"memory after {asked:,} charts", result, f"at most +{most} MiB", grown <= most)]


def measure_oversized(bench: Bench) -> list[Row]:
    """Return rows about eight requests at once for too much."""
    most_mebibytes = 160
    with quick_prometheus(CONSUMERS) as prometheus:
        api = start_api(bench.processes, "oversized", prometheus)
        memory = [read_metric(api, _MEMORY)]

        def ask(number: int) -> int:
            url = f"{api}/api/v1/bandwidth?{_DAY}&service=s{number}"
            return requests.get(url, timeout=TIMEOUT_SECONDS).status_code

        # The server makes its answer once, in this process, which also watches.
        ask(-1)
        with ThreadPoolExecutor(OVERSIZED) as pool:
            asked = [pool.submit(ask, number) for number in range(OVERSIZED)]
            worst = _watch_health(api, asked, lambda: memory.append(read_metric(api, _MEMORY)))
        refused = [one.result() for one in asked] == [422] * OVERSIZED
        memory.append(read_metric(api, _MEMORY))
    grown = (max(memory) - memory[0]) / MEBIBYTE
    return [
        Row(
            f"memory under {OVERSIZED} oversized requests",
            f"+{grown:.0f} MiB",
            f"at most +{most_mebibytes} MiB",
            refused and grown <= most_mebibytes,
        ),
        _health_row("/healthz meanwhile", worst),
    ]


def measure_hanging(bench: Bench) -> list[Row]:
    """Return a row about health checks while 200 clients wait for a Prometheus that hangs."""
    with socket.create_server((HOST, 0), backlog=512) as listener:
        prometheus = f"http://{HOST}:{listener.getsockname()[1]}"
        api = start_api(bench.processes, "hanging", prometheus, PROMETHEUS_TIMEOUT_SECONDS="5")

        def ask(number: int) -> int:
            url = f"{api}/api/v1/bandwidth?service=s{number}"
            return requests.get(url, timeout=TIMEOUT_SECONDS).status_code

        with ThreadPoolExecutor(WAITING) as pool:
            asked = [pool.submit(ask, number) for number in range(WAITING)]
            worst = _watch_health(api, asked, lambda: None)
        statuses = {one.result() for one in asked}
    name = "/healthz under a hanging Prometheus"
    row = _health_row(name, worst)
    return [replace(row, is_met=row.is_met and statuses == {503, 504})]


def _health_row(name: str, worst: float) -> Row:
    return Row(name, f"{1000 * worst:.0f} ms at worst", "below 1 s", worst < 1)


def _watch_health(api: str, asked: list["Future[int]"], also: Callable[[], object]) -> float:
    """Return the longest time that a health check took until all requests are answered."""
    worst = 0.0
    with requests.Session() as session:
        while wait(asked, timeout=0.05).not_done:
            began = time.perf_counter()
            session.get(f"{api}/healthz", timeout=TIMEOUT_SECONDS).raise_for_status()
            worst = max(worst, time.perf_counter() - began)
            also()
    return worst
