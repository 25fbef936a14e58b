"""Everything on this machine, with traffic and a mailbox, until Ctrl-C."""

import shutil
import sys
import time

from local.config import ROOT
from local.processes import Part, Processes, StackError
from local.stack import Ports, Stack

WATCH_SECONDS = 0.5
# The smallest quota, 5 MB of egress on bun-service, is used up in about 100 seconds.
BYTES_PER_SECOND = 100_000


def run_demo(kong: str = "3.9") -> int:
    """Run until Ctrl-C and return 0; return 1 if a part failed."""
    stack = Stack(Ports(), ROOT / ".run" / "demo", kong=kong)
    shutil.rmtree(stack.folder, ignore_errors=True)
    processes = Processes()
    try:
        stack.start(processes)
        processes.start(_traffic(stack.ports))
        print(_welcome(stack.ports), flush=True)
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


def _welcome(ports: Ports) -> str:
    chart = f"{ports.url('api')}/metrics/bandwidth_used?lookback_duration=5m&type=egress"
    lines = (
        "",
        "The stack runs. In about two minutes the quota bun-egress passes 80, 90 and 100 %.",
        "",
        f"  mailbox         {ports.url('mails')}",
        f"  chart series    {chart}",
        f"  Prometheus      {ports.url('prometheus')}/alerts",
        f"  Alertmanager    {ports.url('alertmanager')}",
        f"  gateway         {ports.url('proxy')}/bun/bytes/9133",
        f"  its metrics     {ports.url('status')}/metrics",
        "",
        "Ctrl-C ends everything.",
        "",
    )
    return "\n".join(lines)
