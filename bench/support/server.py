"""A Prometheus that is measured: started on a free port, asked, and stopped."""

import json
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median

import requests

from local import programs

START_TIMEOUT_SECONDS = 120
QUERY_TIMEOUT_SECONDS = 600


@dataclass(frozen=True)
class Cost:
    """What a query cost: seconds of evaluation, of CPU in all threads, and samples read."""

    seconds: float
    cpu_seconds: float
    samples: int
    results: int


@dataclass(frozen=True)
class Server:
    """A running Prometheus."""

    url: str
    version: str
    pid: int

    def ask(self, query: str, at: float) -> Cost:
        """Evaluate a query at a time and return its cost.

        Raises:
            RuntimeError: Prometheus refuses the query.

        """
        cpu_before = self._cpu_seconds()
        response = requests.post(
            f"{self.url}/api/v1/query",
            data={"query": query, "time": at, "stats": "all", "timeout": QUERY_TIMEOUT_SECONDS},
            timeout=QUERY_TIMEOUT_SECONDS,
        ).json()
        if response["status"] != "success":
            raise RuntimeError(f"{query}: {response['error']}")
        cpu_seconds = self._cpu_seconds() - cpu_before
        stats = response["data"]["stats"]
        return Cost(
            stats["timings"]["evalTotalTime"],
            cpu_seconds,
            stats["samples"]["totalQueryableSamples"],
            len(response["data"]["result"]),
        )

    def _cpu_seconds(self) -> float:
        """Return the CPU time of all threads so far: to the microsecond, unlike /proc/PID/stat."""
        threads = Path(f"/proc/{self.pid}/task").glob("*/schedstat")
        return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9

    def compare(
        self, queries: Mapping[str, str], times: Sequence[float], runs: int
    ) -> dict[str, Cost]:
        """Return the median cost of each query.

        They take turns, so that what else the machine does meets all of them, and times change, so
        that no answer is remembered.
        """
        costs: dict[str, list[Cost]] = {name: [] for name in queries}
        for run in range(runs + 1):
            for name, query in queries.items():
                cost = self.ask(query, times[run % len(times)])
                # The first of each fills the caches.
                if run:
                    costs[name].append(cost)
        return {
            name: Cost(
                median(cost.seconds for cost in mine),
                # Collecting garbage is paid for by whoever comes next, so it is all that counts.
                mean(cost.cpu_seconds for cost in mine),
                mine[-1].samples,
                mine[-1].results,
            )
            for name, mine in costs.items()
        }


@contextmanager
def running(folder: Path) -> Iterator[Server]:
    """Run a Prometheus on the data in ``folder/data`` that scrapes nothing and takes samples.

    Raises:
        TimeoutError: it does not get ready; its log is ``folder/prometheus.log``.

    """
    port = _free_port()
    config = folder / "prometheus.yml"
    # JSON is YAML.
    config.write_text(json.dumps({"global": {"evaluation_interval": "1h"}}), encoding="utf-8")
    command = [
        str(programs.find(programs.PROMETHEUS)),
        f"--config.file={config}",
        f"--storage.tsdb.path={folder / 'data'}",
        "--storage.tsdb.retention.time=10y",
        f"--web.listen-address=127.0.0.1:{port}",
        "--web.enable-remote-write-receiver",
        "--query.max-samples=500000000",
        f"--query.timeout={QUERY_TIMEOUT_SECONDS}s",
        "--enable-feature=promql-per-step-stats",
        "--log.level=warn",
    ]
    with (folder / "prometheus.log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)  # noqa: S603 - no shell
    try:
        yield _await(f"http://127.0.0.1:{port}", process)
    finally:
        process.terminate()
        try:
            process.wait(START_TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _await(url: str, process: subprocess.Popen[bytes]) -> Server:
    until = time.monotonic() + START_TIMEOUT_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            if requests.get(f"{url}/-/ready", timeout=1).ok:
                info = requests.get(f"{url}/api/v1/status/buildinfo", timeout=5).json()
                return Server(url, info["data"]["version"], process.pid)
        except requests.RequestException:
            pass
        time.sleep(0.1)
    raise TimeoutError("Prometheus did not get ready; its log says why")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
