"""Measure the API, next to the same query sent to Prometheus directly: python -m bench.api.

The chart shows one day in steps of one minute: 1,440 points for each of ten services.
"""

import argparse
import http.client
import json
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from statistics import median

import requests

from bench.api.setup import (
    CACHE_MEGABYTES,
    HOST,
    POINTS,
    SERVICES,
    STEP_SECONDS,
    Bench,
    prepare,
    serve,
    start,
)
from bench.support.http_load import requests_per_second
from local.stack.ports import free_ports
from local.stack.processes import Part, Processes

RUNS = 25
LOAD_SECONDS = 6.0
CLIENTS = 100
TIMEOUT_SECONDS = 60.0
WANTED_RATE = 1_000
ALL_POINTS = POINTS * SERVICES


def seconds_of(action: Callable[[], object]) -> float:
    """Return the seconds that an action takes."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def measure_latency(bench: Bench) -> tuple[float, float, float]:
    """Return the median seconds of Prometheus, of the API without its cache, and with it."""
    direct, fresh, cached = [], [], []
    with requests.Session() as session:
        api = f"http://{HOST}:{bench.api_port}"

        def ask_directly(number: int) -> None:
            form = {
                "query": bench.query(number),
                "start": str(bench.start + STEP_SECONDS),
                "end": str(bench.end),
                "step": str(STEP_SECONDS),
            }
            url = f"http://{HOST}:{bench.prometheus_port}/api/v1/query_range"
            answer = session.post(url, data=form, timeout=TIMEOUT_SECONDS)
            answer.raise_for_status()

        def ask_api(number: int) -> None:
            answer = session.get(api + bench.chart(number), timeout=TIMEOUT_SECONDS)
            answer.raise_for_status()

        ask_directly(-1)
        ask_api(-1)
        for number in range(RUNS):
            direct.append(seconds_of(partial(ask_directly, number)))
            fresh.append(seconds_of(partial(ask_api, number)))
            cached.append(seconds_of(partial(ask_api, number)))
    return median(direct), median(fresh), median(cached)


def measure_minimal_app(size: int) -> float:
    """Return the requests per second of a minimal application that answers ``size`` bytes."""
    [port] = free_ports(1)
    processes = Processes()
    try:
        processes.start(
            Part(
                "minimal",
                serve(port, f"bench.api.minimal_app:create_app({size})"),
                (port,),
                f"http://{HOST}:{port}/",
            )
        )
        return requests_per_second(port, "/", LOAD_SECONDS)
    finally:
        processes.stop_all()


def read_metric(bench: Bench, name: str) -> float:
    """Return the sum of all series of a metric of the API."""
    text = requests.get(f"http://{HOST}:{bench.api_port}/metrics", timeout=TIMEOUT_SECONDS).text
    return sum(
        float(line.split()[-1])
        for line in text.splitlines()
        if line.startswith((f"{name} ", f"{name}{{"))
    )


def count_queries(bench: Bench) -> float:
    """Return the queries to Prometheus when 100 clients ask for the same new chart at once."""
    name = "api_prometheus_query_duration_seconds_count"
    before = read_metric(bench, name)
    url = f"http://{HOST}:{bench.api_port}{bench.chart(1_000_000)}"
    with ThreadPoolExecutor(CLIENTS) as pool:
        answers = list(
            pool.map(lambda _: requests.get(url, timeout=TIMEOUT_SECONDS), range(CLIENTS))
        )
    for answer in answers:
        answer.raise_for_status()
    return read_metric(bench, name) - before


def measure_memory(bench: Bench, charts: int) -> tuple[float, float, float]:
    """Return the memory before and after ``charts`` requests, and the size of the cache."""

    def ask(first: int) -> None:
        connection = http.client.HTTPConnection(HOST, bench.api_port, timeout=TIMEOUT_SECONDS)
        for number in range(first, charts, 4):
            # Two hours per chart fill the cache, and the run still ends in reasonable time.
            start = str(bench.end - 7_200)
            connection.request("GET", bench.chart(2_000_000 + number, start=start))
            answer = connection.getresponse()
            answer.read()
            if answer.status != http.HTTPStatus.OK:
                raise RuntimeError(f"HTTP {answer.status}")
        connection.close()

    name = "process_resident_memory_bytes"
    before = read_metric(bench, name)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(ask, range(4)))
    return before, read_metric(bench, name), read_metric(bench, "api_cache_bytes")


def measure(bench: Bench, charts: int) -> list[tuple[str, str, str, bool]]:
    """Return rows of name, result and target, and whether the target is met."""
    direct, fresh, cached = measure_latency(bench)
    url = f"http://{HOST}:{bench.api_port}{bench.chart(0)}"
    answer = requests.get(url, timeout=TIMEOUT_SECONDS)
    points = sum(len(series["points"]) for series in answer.json()["series"])
    full = requests_per_second(bench.api_port, bench.chart(0), LOAD_SECONDS)
    minimal = measure_minimal_app(len(answer.content))
    etag = {"If-None-Match": answer.headers["ETag"]}
    unchanged = requests_per_second(bench.api_port, bench.chart(0), LOAD_SECONDS, etag)
    queries = count_queries(bench)
    before, after, kept = measure_memory(bench, charts)
    mebibyte = 2**20
    grown = after - before
    return [
        (
            "points in the chart",
            f"{points:,}",
            f"{POINTS * SERVICES:,}",
            points == POINTS * SERVICES,
        ),
        ("size of the response", f"{len(answer.content) / 1000:,.0f} kB", "", True),
        ("Prometheus directly", f"{1000 * direct:.1f} ms", "", True),
        (
            "API, not cached",
            f"{1000 * fresh:.1f} ms ({fresh / direct:.2f} x)",
            "at most 1.3 x",
            fresh <= 1.3 * direct,
        ),
        (
            "API, cached",
            f"{1000 * cached:.2f} ms (1/{direct / cached:.0f})",
            "at most 1/10",
            cached <= direct / 10,
        ),
        (
            "API, cached, full response",
            f"{full:,.0f} per second",
            f"at least {WANTED_RATE:,}",
            full >= WANTED_RATE,
        ),
        (
            "minimal Flask view, same size",
            f"{minimal:,.0f} per second ({full / minimal:.2f} x)",
            "",
            True,
        ),
        ("API, cached, not modified", f"{unchanged:,.0f} per second", "", True),
        (f"queries for {CLIENTS} clients", f"{queries:.0f}", "1", queries == 1),
        (
            f"memory after {charts:,} charts",
            f"{after / mebibyte:.0f} MiB (+{grown / mebibyte:.0f}; {kept / mebibyte:.0f} cached)",
            f"at most +{3 * CACHE_MEGABYTES} MiB",
            grown <= 3 * CACHE_MEGABYTES * mebibyte,
        ),
    ]


def main(arguments: list[str] | None = None) -> int:
    """Run the command line, print the table, and return 1 if a target is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench.api", description=__doc__)
    parser.add_argument("--charts", type=int, default=10_000, help="number of charts (%(default)s)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args(arguments)
    prometheus_port, api_port = free_ports(2)
    bench = Bench(prometheus_port, api_port, int(time.time()) // 3_600 * 3_600 - 3_600)
    with tempfile.TemporaryDirectory() as name, (Path(name) / "log").open("w") as log:
        prepare(Path(name), bench.end)
        processes = Processes(log)
        try:
            start(processes, Path(name), bench)
            rows = measure(bench, options.charts)
        finally:
            processes.stop_all()
    if options.json:
        print(json.dumps([row[:3] for row in rows]))
    else:
        for what, found, wanted, right in rows:
            print(f"{what:<30} {found:<30} {wanted:<24} {'' if right else 'MISSED'}".rstrip())
    return 0 if all(row[3] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
