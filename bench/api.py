"""How fast the API is, beside the same question asked of Prometheus directly: `make bench-api`.

One chart: a day in steps of a minute, 1,440 points of each of ten services. All numbers are of one
run, on one machine, over the same Prometheus.
"""

import argparse
import http.client
import json
import multiprocessing
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from urllib.parse import urlencode

import requests

from api.selectors import match_filters
from api.tokens import ALL
from api.traffic import Question, counters_query
from local import programs
from local.processes import Part, Processes, free_ports
from quotas import names
from quotas.model import Accounting

HOST = "127.0.0.1"
SERVICES = 10
POINTS = 1_440
STEP_SECONDS = 60
SCRAPE_SECONDS = 15
RUNS = 15
LOAD_SECONDS = 6.0
LOAD_CLIENTS = 16
CLIENTS = 100
TIMEOUT_SECONDS = 60.0
CACHE_MEGABYTES = 64

BY = ("service",)


@dataclass(frozen=True)
class Bench:
    """Where Prometheus and the API listen, and when the chart ends, in Unix seconds."""

    prometheus_port: int
    api_port: int
    end: int

    @property
    def start(self) -> int:
        """Return when the chart begins."""
        return self.end - POINTS * STEP_SECONDS

    def chart(self, number: int, **more: str) -> str:
        """Return the path of a chart that no other number has, all of the same cost."""
        parameters = {
            "start": self.start,
            "end": self.end,
            "step": "1m",
            "by": "service",
            "workspace": ["default", f"other-{number}"],
            **more,
        }
        return f"/api/v1/bandwidth?{urlencode(parameters, doseq=True)}"

    def query(self, number: int) -> str:
        """Return what the API asks of Prometheus for it."""
        filters = {names.WORKSPACE: ("default", f"other-{number}")}
        question = Question(tuple(match_filters(filters, ALL)), BY, Accounting())
        return counters_query(question, 1000 * STEP_SECONDS, STEP_SECONDS)


def samples(end: int) -> Iterator[str]:
    """Yield 26 hours of a gateway with ten services, in OpenMetrics."""
    times = range(end - 26 * 3_600, end + 600, SCRAPE_SECONDS)
    target = f'job="{names.GATEWAY_JOB}",instance="kong:8100"'
    yield from (f"up{{{target}}} 1 {at}\n" for at in times)
    for service in range(SERVICES):
        labels = (
            f'{target},service="service-{service}",route="route-{service}",consumer="",'
            f'workspace="default",direction="egress"'
        )
        for number, at in enumerate(times):
            yield f"{names.GATEWAY_BYTES}{{{labels}}} {number * (1000 + 37 * service)} {at}\n"
    yield "# EOF\n"


def prepare(folder: Path, end: int) -> None:
    """Write the samples into blocks of Prometheus."""
    text = folder / "samples.txt"
    with text.open("w", encoding="utf-8") as file:
        file.writelines(samples(end))
    (folder / "prometheus.yml").write_text("{}", encoding="utf-8")
    command = ["tsdb", "create-blocks-from", "openmetrics", str(text), str(folder / "data")]
    subprocess.run(  # noqa: S603 - our own program
        [programs.find(programs.PROMTOOL), *command], check=True, capture_output=True, timeout=300
    )


def start(processes: Processes, folder: Path, bench: Bench) -> None:
    """Start Prometheus and the API."""
    prometheus = f"{HOST}:{bench.prometheus_port}"
    processes.start(
        Part(
            "prometheus",
            [
                str(programs.find(programs.PROMETHEUS)),
                f"--config.file={folder / 'prometheus.yml'}",
                f"--storage.tsdb.path={folder / 'data'}",
                f"--web.listen-address={prometheus}",
                "--log.level=warn",
            ],
            (bench.prometheus_port,),
            f"http://{prometheus}/-/ready",
        )
    )
    processes.start(
        Part(
            "api",
            [
                *(sys.executable, "-m", "gunicorn", "--bind", f"{HOST}:{bench.api_port}"),
                *("--workers", "1", "--threads", "8", "--log-level", "warning"),
                *("--no-control-socket", "api:create_app()"),
            ],
            (bench.api_port,),
            f"http://{HOST}:{bench.api_port}/healthz",
            {
                "PROMETHEUS_URL": f"http://{prometheus}",
                "CACHE_MEGABYTES": str(CACHE_MEGABYTES),
                "PROMETHEUS_TIMEOUT_SECONDS": "60",
            },
        )
    )


def seconds_of(action: Callable[[], object]) -> float:
    """Return how long an action takes."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def measure_latency(bench: Bench) -> tuple[float, float, float]:
    """Return the medians of Prometheus asked directly, of the API not cached, and cached."""
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
            direct.append(seconds_of(lambda number=number: ask_directly(number)))
            fresh.append(seconds_of(lambda number=number: ask_api(number)))
            cached.append(seconds_of(lambda number=number: ask_api(number)))
    return median(direct), median(fresh), median(cached)


def _load(port: int, request: bytes, seconds: float, results: "multiprocessing.Queue[int]") -> None:
    """Send one request again and again over kept connections, and tell how often."""
    with ThreadPoolExecutor(LOAD_CLIENTS // 2) as pool:
        deadline = time.monotonic() + seconds
        counts = pool.map(lambda _: _repeat(port, request, deadline), range(LOAD_CLIENTS // 2))
        results.put(sum(counts))


def _repeat(port: int, request: bytes, deadline: float) -> int:
    count = 0
    buffer = memoryview(bytearray(2**20))
    with socket.create_connection((HOST, port), TIMEOUT_SECONDS) as connection:
        while time.monotonic() < deadline:
            connection.sendall(request)
            size = connection.recv_into(buffer)
            head = bytes(buffer[:size])
            while b"\r\n\r\n" not in head:
                size += connection.recv_into(buffer[size:])
                head = bytes(buffer[:size])
            status = head[9:12]
            if status not in (b"200", b"304"):
                raise RuntimeError(head[:200].decode(errors="replace"))
            lines = head.partition(b"\r\n\r\n")
            length = 0
            for line in lines[0].split(b"\r\n"):
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            missing = length - len(lines[2]) if status == b"200" else 0
            while missing > 0:
                missing -= connection.recv_into(buffer[: min(len(buffer), missing)])
            count += 1
    return count


def measure_throughput(bench: Bench, etag: str | None = None) -> float:
    """Return how many requests of one cached chart are answered in a second."""
    lines = [f"GET {bench.chart(0)} HTTP/1.1", f"Host: {HOST}:{bench.api_port}"]
    if etag:
        lines.append(f"If-None-Match: {etag}")
    request = ("\r\n".join(lines) + "\r\n\r\n").encode()
    results: multiprocessing.Queue[int] = multiprocessing.Queue()
    arguments = (bench.api_port, request, LOAD_SECONDS, results)
    loads = [multiprocessing.Process(target=_load, args=arguments) for _ in range(2)]
    for load in loads:
        load.start()
    count = sum(results.get(timeout=TIMEOUT_SECONDS) for _ in loads)
    for load in loads:
        load.join()
    return count / LOAD_SECONDS


def read_metric(bench: Bench, name: str) -> float:
    """Return the sum of a metric of the API."""
    text = requests.get(f"http://{HOST}:{bench.api_port}/metrics", timeout=TIMEOUT_SECONDS).text
    return sum(
        float(line.split()[-1])
        for line in text.splitlines()
        if line.startswith((f"{name} ", f"{name}{{"))
    )


def count_questions(bench: Bench) -> float:
    """Return how many queries a hundred clients make that ask for the same new chart at once."""
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
    """Return resident bytes before and after so many charts were asked, and what is cached."""

    def ask(first: int) -> None:
        connection = http.client.HTTPConnection(HOST, bench.api_port, timeout=TIMEOUT_SECONDS)
        for number in range(first, charts, 4):
            # Two hours at a time: as many points as fit, in a run that ends.
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
    """Return what was measured, what is wanted, and whether it is so."""
    direct, fresh, cached = measure_latency(bench)
    url = f"http://{HOST}:{bench.api_port}{bench.chart(0)}"
    answer = requests.get(url, timeout=TIMEOUT_SECONDS)
    points = sum(len(series["points"]) for series in answer.json()["series"])
    full = measure_throughput(bench)
    unchanged = measure_throughput(bench, answer.headers["ETag"])
    questions = count_questions(bench)
    before, after, kept = measure_memory(bench, charts)
    mebibyte = 2**20
    grown = after - before
    return [
        ("points in the chart", f"{points:,}", f"{POINTS * SERVICES:,}", points == 14_400),
        ("size of the answer", f"{len(answer.content) / 1000:,.0f} kB", "", True),
        ("Prometheus itself", f"{1000 * direct:.1f} ms", "", True),
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
        ("cached, whole answers", f"{full:,.0f} a second", "at least 1,000", full >= 1_000),
        ("cached, not modified", f"{unchanged:,.0f} a second", "", True),
        (f"queries for {CLIENTS} clients", f"{questions:.0f}", "1", questions == 1),
        (
            f"memory after {charts:,} charts",
            f"{after / mebibyte:.0f} MiB (+{grown / mebibyte:.0f}; {kept / mebibyte:.0f} cached)",
            f"+{3 * CACHE_MEGABYTES} MiB at most",
            grown <= 3 * CACHE_MEGABYTES * mebibyte,
        ),
    ]


def main(arguments: list[str] | None = None) -> int:
    """Measure, print a table, and return 1 if something is not as wanted."""
    parser = argparse.ArgumentParser(prog="python -m bench.api", description=__doc__)
    parser.add_argument("--charts", type=int, default=10_000, help="different charts (%(default)s)")
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
