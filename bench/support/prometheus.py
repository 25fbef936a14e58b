"""Run a Prometheus and measure the cost of queries."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median

import requests

from local import programs
from local.stack.ports import free_ports
from local.stack.processes import Part, Processes

QUERY_TIMEOUT_SECONDS = 600


@dataclass(frozen=True)
class Cost:
    """The cost of a query: evaluation time, CPU time of all threads, and samples read."""

    seconds: float
    cpu_seconds: float
    samples: int
    results: int


@dataclass(frozen=True)
class Server:
    """A running Prometheus, as a process of this machine."""

    url: str
    version: str
    pid: int

    def ask(self, query: str, at: float) -> Cost:
        """Evaluate a query at a time, in Unix seconds, and return its cost.

        Raises:
            RuntimeError: Prometheus answers with an error.

        """
        return self.ask_for_series(query, at)[0]

    def ask_for_series(
        self, query: str, at: float
    ) -> tuple[Cost, list[tuple[dict[str, str], float]]]:
        """Return the cost of a query, and what it returns: labels and value of each series.

        Raises:
            RuntimeError: Prometheus answers with an error.

        """
        cpu_before = self.cpu_seconds()
        response = requests.post(
            f"{self.url}/api/v1/query",
            data={"query": query, "time": at, "stats": "all", "timeout": QUERY_TIMEOUT_SECONDS},
            timeout=QUERY_TIMEOUT_SECONDS,
        ).json()
        if response["status"] != "success":
            raise RuntimeError(f"{query}: {response['error']}")
        cpu_seconds = self.cpu_seconds() - cpu_before
        stats = response["data"]["stats"]
        found = response["data"]["result"]
        cost = Cost(
            stats["timings"]["evalTotalTime"],
            cpu_seconds,
            stats["samples"]["totalQueryableSamples"],
            len(found),
        )
        return cost, [(series["metric"], float(series["value"][1])) for series in found]

    def cpu_seconds(self) -> float:
        """Return the CPU time of all threads, which is more exact than that in /proc/PID/stat."""
        threads = Path(f"/proc/{self.pid}/task").glob("*/schedstat")
        return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9

    def compare(
        self, queries: Mapping[str, str], times: Sequence[float], runs: int
    ) -> dict[str, Cost]:
        """Return the cost of each query: medians of the evaluation time, means of the CPU time.

        The queries run in turns, so that other load on the machine affects all of them. They are
        evaluated at changing times, so that no result comes from a cache.
        """
        costs: dict[str, list[Cost]] = {name: [] for name in queries}
        for run in range(runs + 1):
            for name, query in queries.items():
                cost = self.ask(query, times[run % len(times)])
                # The first run of each query only fills the caches.
                if run:
                    costs[name].append(cost)
        return {
            name: Cost(
                median(cost.seconds for cost in mine),
                # Garbage of one query may be collected during the next, which a median would hide.
                mean(cost.cpu_seconds for cost in mine),
                mine[-1].samples,
                mine[-1].results,
            )
            for name, mine in costs.items()
        }


def write_config(folder: Path, settings: Mapping[str, object]) -> Path:
    """Write the configuration of the Prometheus that runs over a folder. SIGHUP reloads it."""
    config = folder / "prometheus.yml"
    # Every JSON text is also YAML.
    content = {"global": {"evaluation_interval": "1h"}, **settings}
    config.write_text(json.dumps(content), encoding="utf-8")
    return config


@contextmanager
def running(folder: Path) -> Iterator[Server]:
    """Run a Prometheus over ``folder/data`` that scrapes nothing and accepts remote write.

    Raises:
        local.stack.processes.StackError: it did not start.

    """
    (port,) = free_ports(1)
    url = f"http://127.0.0.1:{port}"
    config = write_config(folder, {})
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
        processes = Processes(log)
        try:
            processes.start(Part("prometheus", command, (port,), f"{url}/-/ready"))
            info = requests.get(f"{url}/api/v1/status/buildinfo", timeout=5).json()
            yield Server(url, info["data"]["version"], processes.pid("prometheus"))
        finally:
            processes.stop_all()
