"""Run the demo in the foreground until Ctrl-C."""

import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import requests

from local.demo.blocks import write_blocks
from local.demo.traffic import DAYS, make_history
from local.stack.config import ROOT
from local.stack.ports import HOST, Ports
from local.stack.processes import Part, Processes, StackError
from local.stack.stack import Stack
from quotas.file.loading import load_quotas
from quotas.units import format_size

CHECK_SECONDS = 0.5
TIMEOUT_SECONDS = 5
QUOTAS = ROOT / "local" / "demo_quotas.yaml"
# The smallest quota, 1 MB of the consumer newcomer, is used up in about 2 minutes.
BYTES_PER_SECOND = 100_000
CONSUMERS = "acme=5,globex=3,initech=1.5,=1.5,newcomer=1"


@dataclass(frozen=True)
class DemoStack(Stack):
    """A stack whose Prometheus starts with a generated history."""

    quotas: Path = QUOTAS

    def prepare(self) -> None:
        """Write what every stack needs, and the blocks of the history."""
        super().prepare()
        history = make_history(datetime.now(UTC), BYTES_PER_SECOND)
        instance = f"{HOST}:{self.ports.status}"
        write_blocks(history, load_quotas(self.quotas), instance, self.folder / "prometheus")


def run_demo(kong: str = "3.9", *, free_ports: bool = False) -> int:
    """Run until Ctrl-C and return 0; return 1 if a part failed.

    Args:
        kong: the version of Kong whose ``/metrics`` the gateway has.
        free_ports: use any free ports instead of the usual ones.

    """
    ports = Ports.free() if free_ports else Ports()
    stack = DemoStack(ports, ROOT / ".run" / f"demo-{ports.api}", kong=kong)
    processes = Processes()
    try:
        stack.start(processes)
        processes.start(_traffic(stack.ports))
        print(_welcome(stack), flush=True)
        while True:
            processes.check()
            time.sleep(CHECK_SECONDS)
    except KeyboardInterrupt:
        print("\nstopping all processes", flush=True)
        return 0
    except StackError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    finally:
        processes.stop_all()


def _traffic(ports: Ports) -> Part:
    return Part(
        "traffic",
        [
            *(sys.executable, "-m", "kong.mock.traffic", "--url", ports.url("proxy")),
            *("--rate", "5", "--bytes-per-second", str(BYTES_PER_SECOND)),
            *("--consumers", CONSUMERS),
        ],
    )


def _welcome(stack: Stack) -> str:
    ports = stack.ports
    quotas = load_quotas(stack.quotas).quotas
    smallest = min(quotas, key=lambda quota: quota.limit_bytes)
    chart = f"{ports.url('api')}/metrics/bandwidth_used?lookback_duration=5m&type=egress"
    lines = (
        "",
        f"The stack is running with {stack.quotas.relative_to(ROOT)} and {DAYS} days of generated",
        f"history. In about two minutes the quota {smallest.name} reaches its limit of",
        f"{format_size(smallest.limit_bytes)}. A mail arrives for each threshold that it reaches.",
        "",
        f"  dashboard       {ports.url('api')}/",
        f"  mailbox         {ports.url('mails')}",
        f"  chart series    {chart}",
        f"  Prometheus      {_page(ports.url('prometheus'), '/alerts', '/api/v1/alerts')}",
        f"  Alertmanager    {_page(ports.url('alertmanager'), '/', '/api/v2/alerts')}",
        f"  metrics         {ports.url('status')}/metrics",
        f"  send a request  curl -o /dev/null {ports.url('proxy')}/bun/bytes/9133",
        "",
        "Press Ctrl-C to stop.",
        "",
    )
    return "\n".join(lines)


def _page(url: str, page: str, plain: str) -> str:
    """Return the URL of a web page, or of plain JSON: Debian builds both without web pages."""
    try:
        there = requests.get(f"{url}{page}", timeout=TIMEOUT_SECONDS).ok
    except requests.RequestException:
        there = False
    return f"{url}{page if there else plain}"
