"""Start the API over a Prometheus with a day of ten services, and name charts of that day."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from api.access import ALL
from api.bandwidth.queries import BandwidthQuery, counters_query, match_filters
from local import programs
from local.stack.config import ROOT
from local.stack.processes import Part, Processes
from quotas import names
from quotas.accounting_options import Accounting

HOST = "127.0.0.1"
SERVICES = 10
POINTS = 1_440
STEP_SECONDS = 60
SCRAPE_SECONDS = 15
CACHE_MEGABYTES = 64
BY = ("service",)


@dataclass(frozen=True)
class Bench:
    """The ports of Prometheus and of the API, and the end of the chart in Unix seconds."""

    prometheus_port: int
    api_port: int
    end: int

    @property
    def start(self) -> int:
        """The start of the chart in Unix seconds."""
        return self.end - POINTS * STEP_SECONDS

    def chart(self, number: int, **more: str) -> str:
        """Return the path of a chart. Each number has a chart of its own, at the same cost."""
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
        """Return the query that the API sends to Prometheus for this chart."""
        filters = {names.WORKSPACE: ("default", f"other-{number}")}
        query = BandwidthQuery(match_filters(filters, ALL), BY, Accounting())
        return counters_query(query, 1000 * STEP_SECONDS, STEP_SECONDS)


def samples(end: int) -> Iterator[str]:
    """Yield 26 hours of samples of a gateway with ten services, in OpenMetrics."""
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
    """Write the samples into the data folder of Prometheus."""
    text = folder / "samples.txt"
    with text.open("w", encoding="utf-8") as file:
        file.writelines(samples(end))
    (folder / "prometheus.yml").write_text("{}", encoding="utf-8")
    command = ["tsdb", "create-blocks-from", "openmetrics", str(text), str(folder / "data")]
    subprocess.run(  # noqa: S603 - our own program
        [programs.find(programs.PROMTOOL), *command], check=True, capture_output=True, timeout=300
    )


def serve(port: int, application: str) -> list[str]:
    """Return the command that serves an application in the same way as the API."""
    settings = ROOT / "api" / "gunicorn_settings.py"
    command = [sys.executable, "-m", "gunicorn", "--config", str(settings)]
    return [*command, "--bind", f"{HOST}:{port}", "--log-level", "warning", application]


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
            serve(bench.api_port, "api:create_app()"),
            (bench.api_port,),
            f"http://{HOST}:{bench.api_port}/healthz",
            {
                "PROMETHEUS_URL": f"http://{prometheus}",
                "CACHE_MEGABYTES": str(CACHE_MEGABYTES),
                "PROMETHEUS_TIMEOUT_SECONDS": "60",
            },
        )
    )
