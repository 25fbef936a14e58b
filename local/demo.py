"""Everything on this machine, with traffic and a mailbox, until Ctrl-C."""

import sys
import time

import requests

from local.config import ROOT
from local.processes import Part, Processes, StackError
from local.stack import Ports, Stack
from quotas.load import load_quotas
from quotas.sizes import format_size

WATCH_SECONDS = 0.5
TIMEOUT_SECONDS = 5
# The smallest quota, 5 MB of egress on bun-service, is used up in about 100 seconds.
BYTES_PER_SECOND = 100_000


def run_demo(kong: str = "3.9", *, free_ports: bool = False) -> int:
    """Run until Ctrl-C and return 0; return 1 if a part failed."""
    ports = Ports.free() if free_ports else Ports()
    stack = Stack(ports, ROOT / ".run" / f"demo-{ports.api}", kong=kong)
    processes = Processes()
    try:
        stack.start(processes)
        processes.start(_traffic(stack.ports))
        print(_welcome(stack), flush=True)
        while True:
            processes.check()
            time.sleep(WATCH_SECONDS)
    except KeyboardInterrupt:
        print("\nending everything", flush=True)
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
        ],
    )


def _welcome(stack: Stack) -> str:
    ports = stack.ports
    quotas = load_quotas(stack.quotas).quotas
    smallest = min(quotas, key=lambda quota: quota.limit_bytes)
    chart = f"{ports.url('api')}/metrics/bandwidth_used?lookback_duration=5m&type=egress"
    lines = (
        "",
        f"The stack runs with {stack.quotas.relative_to(ROOT)}. In about two minutes the quota",
        f"{smallest.name} of {format_size(smallest.limit_bytes)} is used up, and mail has arrived.",
        "",
        f"  mailbox         {ports.url('mails')}",
        f"  chart series    {chart}",
        f"  Prometheus      {_page(ports.url('prometheus'), '/alerts', '/api/v1/alerts')}",
        f"  Alertmanager    {_page(ports.url('alertmanager'), '/', '/api/v2/alerts')}",
        f"  metrics         {ports.url('status')}/metrics",
        f"  a request       curl -o /dev/null {ports.url('proxy')}/bun/bytes/9133",
        "",
        "Ctrl-C ends everything.",
        "",
    )
    return "\n".join(lines)


def _page(address: str, page: str, plain: str) -> str:
    """Return the address of a page, or of plain JSON: Debian builds them without pages."""
    try:
        there = requests.get(f"{address}{page}", timeout=TIMEOUT_SECONDS).ok
    except requests.RequestException:
        there = False
    return f"{address}{page if there else plain}"
