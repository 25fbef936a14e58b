"""Running ``--verify`` on the quotas of the demo, with the real stack or another Prometheus."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

import generate_rules
from local import programs
from local.stack.observer import Observer
from local.stack.ports import free_ports
from local.stack.processes import Part, Processes
from local.stack.stack import SMOKE_QUOTAS, Stack
from quotas import names
from quotas.prometheus.client import PrometheusClient
from quotas.prometheus.endpoint import Endpoint

WITHIN_SECONDS = 30


@dataclass
class Verification:
    """A running stack, and what ``--verify`` prints about it."""

    stack: Stack
    observer: Observer
    capsys: pytest.CaptureFixture[str]

    def status_and_lines(
        self, quotas: Path = SMOKE_QUOTAS, url: str | None = None, more: Sequence[str] = ()
    ) -> tuple[int, list[str]]:
        """Return the exit status and the printed lines of a verification."""
        prometheus_url = url or self.stack.ports.url("prometheus")
        arguments = ["--quotas", str(quotas), "--verify", prometheus_url, *more]
        status = generate_rules.main(arguments)
        return status, self.capsys.readouterr().out.splitlines()

    def problems(
        self, quotas: Path = SMOKE_QUOTAS, url: str | None = None, more: Sequence[str] = ()
    ) -> list[str]:
        """Return the findings that are wrong."""
        status, lines = self.status_and_lines(quotas, url, more)
        found = [line.removeprefix("wrong ") for line in lines if line.startswith("wrong ")]
        assert status == (1 if found else 0)
        return found


@contextmanager
def another_prometheus(
    stack: Stack,
    folder: Path,
    *,
    retention: str = "45d",
    timeout: str = "1s",
    job: str = names.GATEWAY_JOB,
    bare: bool = False,
    dropped: str = "none",
) -> Iterator[str]:
    """Run a second Prometheus with another configuration, and return its address.

    Args:
        stack: the stack whose gateways it scrapes.
        folder: the folder for its files.
        retention: how long it keeps data.
        timeout: how long a scrape may take.
        job: the name of the scrape job of the gateways.
        bare: leave out rules and Alertmanager, and do not wait for a scrape.
        dropped: a metric to drop.

    """
    config: dict[str, Any] = yaml.safe_load((stack.folder / "prometheus.yml").read_text())
    scrape = config["scrape_configs"][0]
    scrape |= {"job_name": job, "scrape_interval": "3s", "scrape_timeout": timeout}
    scrape["metric_relabel_configs"].append(
        {"source_labels": ["__name__"], "regex": dropped, "action": "drop"}
    )
    if bare:
        del config["alerting"], config["rule_files"]
    file = folder / "prometheus.yml"
    file.write_text(yaml.safe_dump(config))
    (port,) = free_ports(1)
    url = f"http://127.0.0.1:{port}"
    command = [
        str(programs.find(programs.PROMETHEUS)),
        f"--config.file={file}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--storage.tsdb.retention.time={retention}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with (folder / "log").open("w") as log:
        processes = Processes(log)
        try:
            processes.start(Part("another prometheus", command, (port,), f"{url}/-/ready"))
            if not bare:
                _wait_for_scrape(url)
            yield url
        finally:
            processes.stop_all()


def _wait_for_scrape(url: str) -> None:
    deadline = time.monotonic() + WITHIN_SECONDS
    while time.monotonic() < deadline:
        if PrometheusClient(Endpoint(url)).query("up"):
            return
        time.sleep(0.1)
    pytest.fail("nothing was scraped")


def changed_quotas(path: Path, before: str, after: str) -> Path:
    """Write the quotas of the stack with a replacement, and return the path."""
    text = SMOKE_QUOTAS.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")
    return path
