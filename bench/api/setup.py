"""Start the API, and what it is compared with, and name the charts of the benchmark."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import requests

from api.access import ALL
from api.bandwidth.queries import BandwidthQuery, counters_query, match_filters, recorded_query
from bench.api.history import DAYS, SERVICES
from local import programs
from local.stack.config import ROOT
from local.stack.ports import free_ports
from local.stack.processes import Part, Processes
from quotas import names
from quotas.accounting_options import Accounting

HOST = "127.0.0.1"
POINTS = 1_440
STEP_SECONDS = 60
ALL_POINTS = POINTS * SERVICES
CACHE_MEGABYTES = 64
TIMEOUT_SECONDS = 60.0
LONG_STEP_SECONDS = 43_200


@dataclass(frozen=True)
class Row:
    """A measurement: what, its result, what is wanted, and whether that is met."""

    name: str
    result: str
    wanted: str = ""
    is_met: bool = True


@dataclass(frozen=True)
class Bench:
    """The addresses of Prometheus and of the API, and the end of the charts in Unix seconds."""

    prometheus: str
    api: str
    end: int
    processes: Processes = field(repr=False)

    @property
    def port(self) -> int:
        """The port of the API."""
        return int(self.api.rpartition(":")[2])

    def chart(self, number: int, **more: str) -> str:
        """Return the path of a chart. Each number has a chart of its own, at the same cost."""
        parameters = {
            "start": self.end - POINTS * STEP_SECONDS,
            "end": self.end,
            "step": "1m",
            "by": "service",
            "service": [f"service-{n}" for n in range(SERVICES)],
            "workspace": ["default", f"other-{number}"],
            **more,
        }
        return f"/api/v1/bandwidth?{urlencode(parameters, doseq=True)}"

    def chart_query(self, number: int) -> dict[str, str]:
        """Return what the API asks of Prometheus for this chart."""
        filters = {
            names.SERVICE: [f"service-{n}" for n in range(SERVICES)],
            names.WORKSPACE: ["default", f"other-{number}"],
        }
        query = BandwidthQuery(match_filters(filters, ALL), (names.SERVICE,), Accounting())
        promql = counters_query(query, 1000 * STEP_SECONDS, STEP_SECONDS)
        return _form(promql, self.end - POINTS * STEP_SECONDS, self.end, STEP_SECONDS)

    def long_chart(self, number: int) -> str:
        """Return the path of a chart of 90 days by 1,000 consumers."""
        start, end = self._long_span()
        parameters = {"start": start, "end": end, "step": "12h", "by": "consumer"}
        workspaces = [("workspace", "default"), ("workspace", f"other-{number}")]
        return f"/api/v1/bandwidth?{urlencode([*parameters.items(), *workspaces])}"

    def long_query(self, number: int) -> dict[str, str]:
        """Return what the API asks of Prometheus for this chart."""
        filters = {names.WORKSPACE: ["default", f"other-{number}"]}
        query = BandwidthQuery(match_filters(filters, ALL), (names.CONSUMER,), Accounting())
        start, end = self._long_span()
        return _form(recorded_query(query, 1000 * LONG_STEP_SECONDS), start, end, LONG_STEP_SECONDS)

    def _long_span(self) -> tuple[int, int]:
        end = self.end // LONG_STEP_SECONDS * LONG_STEP_SECONDS
        return end - (DAYS - 1) * 86_400, end

    def read_metric(self, name: str) -> float:
        """Return the sum of all series of a metric of the API."""
        return read_metric(self.api, name)


def _form(query: str, start: int, end: int, step: int) -> dict[str, str]:
    return {"query": query, "start": str(start + step), "end": str(end), "step": str(step)}


def read_metric(api: str, name: str) -> float:
    """Return the sum of all series of a metric of an API."""
    lines = requests.get(f"{api}/metrics", timeout=TIMEOUT_SECONDS).text.splitlines()
    return sum(
        float(line.split()[-1]) for line in lines if line.startswith((f"{name} ", f"{name}{{"))
    )


def start_application(
    processes: Processes, name: str, application: str, environ: Mapping[str, str], ready: str
) -> str:
    """Serve an application in the same way as the API, and return its address."""
    [port] = free_ports(1)
    url = f"http://{HOST}:{port}"
    settings = ROOT / "api" / "gunicorn_settings.py"
    command = [sys.executable, "-m", "gunicorn", "--config", str(settings)]
    command += ["--bind", f"{HOST}:{port}", "--log-level", "critical", application]
    processes.start(Part(name, command, (port,), url + ready, dict(environ)))
    return url


def start_api(processes: Processes, name: str, prometheus: str, **more: str) -> str:
    """Start the API in front of a Prometheus, and return its address."""
    environ = {
        "PROMETHEUS_URL": prometheus,
        "CACHE_MEGABYTES": str(CACHE_MEGABYTES),
        "PROMETHEUS_TIMEOUT_SECONDS": "60",
        **more,
    }
    return start_application(processes, name, "api:create_app()", environ, "/healthz")


@contextmanager
def started(folder: Path, end: int, write: Callable[[Path, int], None]) -> Iterator[Bench]:
    """Run Prometheus over what ``write`` puts into a folder, and the API."""
    write(folder, end)
    [port] = free_ports(1)
    prometheus = f"http://{HOST}:{port}"
    command = [
        str(programs.find(programs.PROMETHEUS)),
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        "--storage.tsdb.retention.time=10y",
        f"--web.listen-address={HOST}:{port}",
        "--log.level=warn",
    ]
    with (folder / "log").open("w") as log:
        processes = Processes(log)
        try:
            processes.start(Part("prometheus", command, (port,), f"{prometheus}/-/ready"))
            yield Bench(prometheus, start_api(processes, "api", prometheus), end, processes)
        finally:
            processes.stop_all()
