"""Measure the webhook and the delivery process: python -m bench.webhook.

The webhook is one process of gunicorn. The outbox is in SQLite, with full sync on the disk of this
folder. The clients and the mail server run on the same machine.
"""

import http.client
import json
import sys
import threading
import time
import urllib.request
from collections.abc import Sequence

from bench.slow_clients import besieged, silent
from bench.support.known_usage import known_usage
from bench.support.table import print_table
from bench.support.webhook_setup import (
    HOST,
    TIMEOUT_SECONDS,
    TOKEN,
    Setup,
    count_charts,
    count_mails,
    delivering,
    hanging,
    peak_megabytes,
    running,
    start_sink,
    wait_until_sent,
)

CLIENTS = 8
PAYLOADS = 2_000
LARGE_ALERTS = 10_000
BACKLOG = 2_000
HANGING_PAYLOADS = 2_000
SILENT_CLIENTS = 200
SILENT_PAYLOADS = 1_000


def main() -> int:
    """Run all measurements and print a table of results and targets."""
    rows = [
        *measure_intake(),
        *measure_sending_at_once(),
        *measure_large_payload(),
        *measure_backlog(),
        *measure_backlog_with_charts(),
        *measure_while_smtp_hangs(),
        *measure_while_clients_are_silent(),
    ]
    print_table("Webhook, SQLite with full sync", ["measurement", "result", "target"], rows)
    return 0


def measure_intake() -> list[Sequence[str]]:
    """Return the payloads per second, first with new alerts and then with the same alerts again."""
    with running() as (setup, _):
        new = post_all(setup, [payload([n]) for n in range(PAYLOADS)])
        known = post_all(setup, [payload([n]) for n in range(PAYLOADS)])
        assert count_mails(setup) == PAYLOADS  # noqa: S101 - the results are invalid otherwise
    return [
        ("payloads with a new alert per second", f"{PAYLOADS / new[0]:,.0f}", "200"),
        ("response time of these, p99", f"{p99(new[1]) * 1_000:.0f} ms", ""),
        ("payloads with a known alert per second", f"{PAYLOADS / known[0]:,.0f}", ""),
    ]


def measure_sending_at_once() -> list[Sequence[str]]:
    """Return the payloads per second of a view that sends each mail before it answers."""
    with running("bench.support.mailing_app:create_app()") as (setup, processes):
        start_sink(setup, processes)
        seconds, each = post_all(setup, [payload([n]) for n in range(PAYLOADS)])
    return [
        ("the same of a view that sends the mail itself", f"{PAYLOADS / seconds:,.0f}", ""),
        ("response time of these, p99", f"{p99(each) * 1_000:.0f} ms", ""),
    ]


def measure_large_payload() -> list[Sequence[str]]:
    """Return the seconds that a payload of many alerts takes, and the peak memory."""
    with running() as (setup, processes):
        before = peak_megabytes(processes)
        seconds, _ = post_all(setup, [payload(range(LARGE_ALERTS))])
        peak = peak_megabytes(processes)
    return [
        (f"time for a payload of {LARGE_ALERTS:,} alerts", f"{seconds:.2f} s", "3 s"),
        (f"peak memory ({before:.0f} MB before)", f"{peak:.0f} MB", "300 MB"),
    ]


def measure_backlog() -> list[Sequence[str]]:
    """Return the mails per second that one delivery process sends from a backlog."""
    with running() as (setup, processes):
        post_all(setup, [payload([n]) for n in range(BACKLOG)])
        start_sink(setup, processes)
        began = time.monotonic()
        with delivering(setup):
            wait_until_sent(setup, BACKLOG)
        seconds = time.monotonic() - began
    return [(f"mails sent per second, backlog of {BACKLOG:,}", f"{BACKLOG / seconds:,.0f}", "100")]


def measure_backlog_with_charts() -> list[Sequence[str]]:
    """Return the same where each mail wants a chart of its own, and how many got one."""
    with running() as (setup, processes), known_usage() as prometheus_url:
        post_all(setup, [payload([n]) for n in range(BACKLOG)])
        start_sink(setup, processes)
        began = time.monotonic()
        with delivering(setup, prometheus_url):
            wait_until_sent(setup, BACKLOG)
        seconds = time.monotonic() - began
        charts = count_charts(setup)
    return [
        ("the same with charts", f"{BACKLOG / seconds:,.0f}", "100"),
        ("of these mails, with a chart", f"{charts:,}", ""),
    ]


def measure_while_smtp_hangs() -> list[Sequence[str]]:
    """Return the response time while the mail server accepts connections and never answers."""
    with running() as (setup, _), hanging(setup.smtp_port), delivering(setup):
        _, seconds = post_all(setup, [payload([n]) for n in range(HANGING_PAYLOADS)])
    return [("response time while SMTP hangs, p99", f"{p99(seconds) * 1_000:.0f} ms", "250 ms")]


def measure_while_clients_are_silent() -> list[Sequence[str]]:
    """Return the response times while other clients connect and send nothing."""
    with running() as (setup, _), besieged([silent(setup.port) for _ in range(SILENT_CLIENTS)]):
        _, seconds = post_all(setup, [payload([n]) for n in range(SILENT_PAYLOADS)])
        healthy = [ask_health(setup) for _ in range(SILENT_PAYLOADS)]
    while_silent = f"response time with {SILENT_CLIENTS} silent connections, p99"
    return [
        (while_silent, f"{p99(seconds) * 1_000:.0f} ms", "250 ms"),
        ("the same of /healthz, p99", f"{p99(healthy) * 1_000:.0f} ms", "250 ms"),
    ]


def ask_health(setup: Setup) -> float:
    """Return the seconds that an answer of /healthz takes."""
    began = time.perf_counter()
    with urllib.request.urlopen(
        f"http://{HOST}:{setup.port}/healthz", timeout=TIMEOUT_SECONDS
    ) as response:
        response.read()
    return time.perf_counter() - began


def payload(consumers: Sequence[int] | range) -> bytes:
    """Return a payload of Alertmanager with one alert for each consumer."""
    alerts = [
        {
            "status": "firing",
            "labels": {
                "alertname": "BandwidthQuotaUsage",
                "quota": "each",
                "consumer": f"consumer-{number}",
                "threshold": "90",
                "severity": "warning",
                "calendar": "month",
                "period": "202611",
            },
            "annotations": {
                "summary": "each has used 90.04% of its limit",
                "description": "The quota each passed 90 % of its limit in period 202611.",
                "used_bytes": "450200000000",
                "limit_bytes": "500000000000",
                "ratio": "0.9004",
                "forecast_bytes": "612000000000",
            },
            "startsAt": "2026-11-24T13:37:00.000Z",
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "http://prometheus.example.com/graph?g0.expr=quota",
            "fingerprint": f"{number:016x}",
        }
        for number in consumers
    ]
    group = {"version": "4", "groupKey": "{}:{quota='each'}", "receiver": "webhook"}
    return json.dumps(group | {"alerts": alerts}).encode()


def post_all(setup: Setup, bodies: Sequence[bytes]) -> tuple[float, list[float]]:
    """Post payloads from several clients at once.

    Returns:
        The seconds that all of them took together, and the response times.

    """
    waiting, seconds = iter(bodies), []
    lock = threading.Lock()

    def work() -> None:
        connection = http.client.HTTPConnection(HOST, setup.port, timeout=TIMEOUT_SECONDS)
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
        while True:
            with lock:
                body = next(waiting, None)
            if body is None:
                return
            began = time.perf_counter()
            connection.request("POST", "/alerts", body, headers)
            response = connection.getresponse()
            response.read()
            assert response.status == 200, response.status  # noqa: PLR2004, S101 - as above
            seconds.append(time.perf_counter() - began)

    threads = [threading.Thread(target=work) for _ in range(CLIENTS)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if len(seconds) != len(bodies):
        raise RuntimeError(f"{len(bodies) - len(seconds)} payloads were not accepted")
    return time.perf_counter() - began, seconds


def p99(seconds: Sequence[float]) -> float:
    """Return the 99th percentile."""
    return sorted(seconds)[int(len(seconds) * 0.99)]


if __name__ == "__main__":
    sys.exit(main())
