"""What the webhook takes and delivers: python -m bench.webhook.

One gunicorn process, the outbox in SQLite with full sync on the disk of this folder; clients and
mail server run on the same machine.
"""

import http.client
import json
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.support.table import print_table
from local.stack.config import ROOT
from local.stack.ports import free_ports
from local.stack.processes import Part, Processes

TOKEN = "a-token-for-the-benchmark"  # noqa: S105 - of a webhook that nobody else reaches
CLIENTS = 8
PAYLOADS = 4_000
LARGE_ALERTS = 10_000
BACKLOG = 10_000
HANGING_PAYLOADS = 2_000
TIMEOUT_SECONDS = 300
QUOTAS = """\
version: 1
defaults: {notify: [ops@example.com]}
quotas:
  - {name: each, for_each: consumer, limit: 500 GB}
"""


@dataclass(frozen=True)
class Setup:
    """Where a webhook of the benchmark listens, keeps its files, and sends its mail."""

    folder: Path
    port: int
    smtp_port: int

    @property
    def settings(self) -> Mapping[str, str]:
        """Return the settings of webhook and delivery process."""
        return {
            "QUOTAS_FILE": str(self.folder / "quotas.yaml"),
            "WEBHOOK_TOKEN": TOKEN,
            "DATABASE_URL": f"sqlite:///{self.folder / 'outbox.db'}",
            "MAIL_SERVER": "127.0.0.1",
            "MAIL_PORT": str(self.smtp_port),
            "MAIL_DEFAULT_SENDER": "quotas@example.com",
            "PYTHONPATH": str(ROOT),
        }


def main() -> int:
    """Measure, print a table of figures and targets, and return 0."""
    rows = [
        *measure_intake(),
        *measure_large_payload(),
        *measure_backlog(),
        *measure_while_smtp_hangs(),
    ]
    print_table("The webhook, on SQLite with full sync", ["what", "measured", "target"], rows)
    return 0


def measure_intake() -> list[Sequence[str]]:
    """Return how many payloads of one new alert are committed in a second, and of known ones."""
    with running() as (setup, _):
        new = post_all(setup, [payload([n]) for n in range(PAYLOADS)])
        known = post_all(setup, [payload([n]) for n in range(PAYLOADS)])
        assert count(setup) == PAYLOADS  # noqa: S101 - else nothing was measured
    return [
        ("payloads with a new alert, a second", f"{PAYLOADS / new[0]:,.0f}", "200"),
        ("their answers, p99", f"{p99(new[1]) * 1_000:.0f} ms", ""),
        ("payloads of known alerts, a second", f"{PAYLOADS / known[0]:,.0f}", ""),
    ]


def measure_large_payload() -> list[Sequence[str]]:
    """Return how long a payload of many alerts takes, and how much memory the process had."""
    with running() as (setup, processes):
        before = peak_megabytes(processes)
        seconds, _ = post_all(setup, [payload(range(LARGE_ALERTS))])
        peak = peak_megabytes(processes)
    return [
        (f"a payload of {LARGE_ALERTS:,} alerts", f"{seconds:.2f} s", "3 s"),
        (f"memory at its peak ({before:.0f} MB before)", f"{peak:.0f} MB", "300 MB"),
    ]


def measure_backlog() -> list[Sequence[str]]:
    """Return how many mails a second are delivered of a backlog."""
    with running() as (setup, processes):
        post_all(setup, [payload([n]) for n in range(BACKLOG)])
        start_sink(setup, processes)
        began = time.monotonic()
        with delivering(setup):
            wait_until_sent(setup, BACKLOG)
        seconds = time.monotonic() - began
    return [
        (f"a backlog of {BACKLOG:,} mails delivered, a second", f"{BACKLOG / seconds:,.0f}", "100")
    ]


def measure_while_smtp_hangs() -> list[Sequence[str]]:
    """Return how long answers take while the mail server accepts connections and says nothing."""
    with running() as (setup, _), hanging(setup.smtp_port), delivering(setup):
        _, seconds = post_all(setup, [payload([n]) for n in range(HANGING_PAYLOADS)])
    return [("answers while SMTP hangs, p99", f"{p99(seconds) * 1_000:.0f} ms", "250 ms")]


def payload(consumers: Sequence[int] | range) -> bytes:
    """Return a payload of one alert for each consumer."""
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
    """Post payloads from several clients at once; return all seconds, and those of each answer."""
    waiting, seconds = iter(bodies), []
    lock = threading.Lock()

    def work() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", setup.port, timeout=TIMEOUT_SECONDS)
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
            assert response.status == 200, response.status  # noqa: PLR2004, S101 - nothing else counts
            seconds.append(time.perf_counter() - began)

    threads = [threading.Thread(target=work) for _ in range(CLIENTS)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if len(seconds) != len(bodies):
        raise RuntimeError(f"{len(bodies) - len(seconds)} payloads were not taken")
    return time.perf_counter() - began, seconds


def p99(seconds: Sequence[float]) -> float:
    """Return what 99 of 100 are below."""
    return sorted(seconds)[int(len(seconds) * 0.99)]


@contextmanager
def running() -> Iterator[tuple[Setup, Processes]]:
    """Run a webhook with an empty outbox inside the ``with`` block."""
    runs = ROOT / ".run"
    runs.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="bench-webhook-", dir=runs))
    (folder / "quotas.yaml").write_text(QUOTAS, encoding="utf-8")
    setup = Setup(folder, *free_ports(2))
    with (folder / "log").open("w", encoding="utf-8") as log:
        processes = Processes(log)
        command = [
            *(sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{setup.port}"),
            *("--workers", "1", "--threads", str(CLIENTS), "--no-control-socket"),
            *("--timeout", "120", "webhook:create_app()"),
        ]
        ready = f"http://127.0.0.1:{setup.port}/healthz"
        try:
            processes.start(Part("webhook", command, (setup.port,), ready, setup.settings))
            yield setup, processes
        finally:
            processes.stop_all()
    shutil.rmtree(folder)


def start_sink(setup: Setup, processes: Processes) -> None:
    """Start a mail server that takes everything."""
    (page_port,) = free_ports(1)
    command = [
        *(sys.executable, "-m", "local.sink", "--smtp-port", str(setup.smtp_port)),
        *("--page-port", str(page_port)),
    ]
    ready = f"http://127.0.0.1:{page_port}/api/revision"
    processes.start(Part("mails", command, (setup.smtp_port,), ready, {"PYTHONPATH": str(ROOT)}))


@contextmanager
def delivering(setup: Setup) -> Iterator[None]:
    """Run a delivery process inside the ``with`` block."""
    command = [sys.executable, "-m", "flask", "--app", "webhook", "deliver"]
    with (
        (setup.folder / "delivery.log").open("w") as log,
        subprocess.Popen(  # noqa: S603 - our own program, no shell
            command, env={**setup.settings}, stderr=log, cwd=ROOT
        ) as process,
    ):
        try:
            yield
        finally:
            process.kill()


@contextmanager
def hanging(port: int) -> Iterator[None]:
    """Accept connections inside the ``with`` block, and say nothing."""
    with socket.create_server(("127.0.0.1", port)):
        yield


def count(setup: Setup, state: str = "queued") -> int:
    """Return how many mails are in a state."""
    connection = sqlite3.connect(setup.folder / "outbox.db", timeout=10)
    found: Any = connection.execute("SELECT count(*) FROM envelopes WHERE state = ?", (state,))
    number: int = found.fetchone()[0]
    connection.close()
    return number


def wait_until_sent(setup: Setup, number: int) -> None:
    """Wait until so many mails are sent."""
    end = time.monotonic() + TIMEOUT_SECONDS
    while count(setup, "sent") < number:
        if time.monotonic() > end:
            raise TimeoutError(f"{count(setup, 'sent')} of {number} mails were sent")
        time.sleep(0.2)


def peak_megabytes(processes: Processes) -> float:
    """Return the largest memory that a process of the webhook has had (Linux)."""
    master = processes.pid("webhook")
    family = [master, *_children(master)]
    return max(_peak_kilobytes(pid) for pid in family) * 1_024 / 1e6


def _children(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    own = [int(child) for child in text.split()]
    return [*own, *(grandchild for child in own for grandchild in _children(child))]


def _peak_kilobytes(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    return 0


if __name__ == "__main__":
    sys.exit(main())
