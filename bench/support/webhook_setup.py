"""Start what the benchmark of the webhook needs, and look at its outbox and its memory."""

import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.stack.config import ROOT
from local.stack.ports import free_ports
from local.stack.processes import Part, Processes

HOST = "127.0.0.1"
TOKEN = "a-token-for-the-benchmark"  # noqa: S105 - only this machine can reach the webhook
TIMEOUT_SECONDS = 300
QUOTAS = """\
version: 1
defaults: {notify: [ops@example.com]}
quotas:
  - {name: each, for_each: consumer, limit: 500 GB}
"""


@dataclass(frozen=True)
class Setup:
    """The folder of a webhook, its port, and the port of its mail server."""

    folder: Path
    port: int
    smtp_port: int

    @property
    def settings(self) -> Mapping[str, str]:
        """The environment variables of the webhook and of the delivery process."""
        return {
            "QUOTAS_FILE": str(self.folder / "quotas.yaml"),
            "WEBHOOK_TOKEN": TOKEN,
            "DATABASE_URL": f"sqlite:///{self.folder / 'outbox.db'}",
            "MAIL_SERVER": HOST,
            "MAIL_PORT": str(self.smtp_port),
            "MAIL_DEFAULT_SENDER": "quotas@example.com",
            "PYTHONPATH": str(ROOT),
        }


@contextmanager
def running(app: str = "webhook:create_app()") -> Iterator[tuple[Setup, Processes]]:
    """Run a webhook with an empty outbox, or another application, inside the ``with`` block.

    It is one process of gunicorn. Its folder is on the disk of this project.
    """
    runs = ROOT / ".run"
    runs.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="bench-webhook-", dir=runs))
    (folder / "quotas.yaml").write_text(QUOTAS, encoding="utf-8")
    setup = Setup(folder, *free_ports(2))
    with (folder / "log").open("w", encoding="utf-8") as log:
        processes = Processes(log)
        command = [
            *(sys.executable, "-m", "gunicorn", "--config", "webhook/gunicorn_settings.py"),
            *("--bind", f"{HOST}:{setup.port}", "--log-level", "warning", app),
        ]
        ready = f"http://{HOST}:{setup.port}/healthz"
        try:
            processes.start(Part("webhook", command, (setup.port,), ready, setup.settings))
            yield setup, processes
        finally:
            processes.stop_all()
    shutil.rmtree(folder)


def start_sink(setup: Setup, processes: Processes) -> None:
    """Start a mail server that accepts all mail."""
    (page_port,) = free_ports(1)
    command = [
        *(sys.executable, "-m", "local.sink", "--smtp-port", str(setup.smtp_port)),
        *("--page-port", str(page_port)),
    ]
    ready = f"http://{HOST}:{page_port}/api/revision"
    processes.start(Part("mails", command, (setup.smtp_port,), ready, {"PYTHONPATH": str(ROOT)}))


@contextmanager
def delivering(setup: Setup, prometheus_url: str = "") -> Iterator[None]:
    """Run a delivery process inside the ``with`` block.

    ``prometheus_url`` is where it reads the usage for charts. Empty for no charts.
    """
    command = [sys.executable, "-m", "flask", "--app", "webhook", "deliver"]
    with (
        (setup.folder / "delivery.log").open("w") as log,
        subprocess.Popen(  # noqa: S603 - our own program, no shell
            command,
            env={**setup.settings, "PROMETHEUS_URL": prometheus_url},
            stderr=log,
            cwd=ROOT,
        ) as process,
    ):
        try:
            yield
        finally:
            process.kill()


@contextmanager
def hanging(port: int) -> Iterator[None]:
    """Listen on a port inside the ``with`` block without ever answering."""
    with socket.create_server((HOST, port)):
        yield


def count_mails(setup: Setup, state: str = "queued") -> int:
    """Return the number of mails in a state."""
    connection = sqlite3.connect(setup.folder / "outbox.db", timeout=10)
    found: Any = connection.execute("SELECT count(*) FROM envelopes WHERE state = ?", (state,))
    number: int = found.fetchone()[0]
    connection.close()
    return number


def count_charts(setup: Setup) -> int:
    """Return the number of mails that have a chart."""
    connection = sqlite3.connect(setup.folder / "outbox.db", timeout=10)
    pattern = "%Content-Type: image/png%"
    found: Any = connection.execute(
        "SELECT count(*) FROM mails WHERE CAST(content AS TEXT) LIKE ?", (pattern,)
    )
    number: int = found.fetchone()[0]
    connection.close()
    return number


def wait_until_sent(setup: Setup, number: int) -> None:
    """Wait until ``number`` mails are sent.

    Raises:
        TimeoutError: fewer were sent within TIMEOUT_SECONDS.

    """
    end = time.monotonic() + TIMEOUT_SECONDS
    while count_mails(setup, "sent") < number:
        if time.monotonic() > end:
            raise TimeoutError(f"{count_mails(setup, 'sent')} of {number} mails were sent")
        time.sleep(0.2)


def peak_megabytes(processes: Processes) -> float:
    """Return the peak memory of the largest process of the webhook. This needs Linux."""
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
