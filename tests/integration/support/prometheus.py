"""A real Prometheus for tests: over given samples, or with given rules."""

import socket
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from local import programs
from local.stack.processes import Part, Processes
from quotas.promql import quote

READY_WITHIN_SECONDS = 30.0
TIMEOUT_SECONDS = 60.0

Labels = Mapping[str, str]


@dataclass(frozen=True)
class Server:
    """A running Prometheus at an address."""

    url: str

    def query(self, query: str, at: float) -> list[tuple[Labels, float]]:
        """Return the labels and value of each series at a time in Unix seconds."""
        result = self._ask("query", query=query, time=at)
        return [(found["metric"], float(found["value"][1])) for found in result]

    def query_range(
        self, query: str, start: float, end: float, step_seconds: float
    ) -> list[tuple[Labels, list[tuple[float, float]]]]:
        """Return the labels of each series, with its pairs of time and value."""
        result = self._ask("query_range", query=query, start=start, end=end, step=step_seconds)
        return [
            (found["metric"], [(float(at), float(value)) for at, value in found["values"]])
            for found in result
        ]

    def _ask(self, path: str, **parameters: str | float) -> list[dict[str, Any]]:
        # As a form, because a query with the offsets of many years is too long for a URL.
        answer = requests.post(
            f"{self.url}/api/v1/{path}", data=parameters, timeout=TIMEOUT_SECONDS
        )
        assert answer.ok, answer.text
        found: list[dict[str, Any]] = answer.json()["data"]["result"]
        return found


@contextmanager
def running(folder: Path) -> Iterator[Server]:
    """Run a Prometheus that scrapes nothing, on the data in ``folder/data`` of any age."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "prometheus.yml").write_text("{}", encoding="utf-8")
    url = f"127.0.0.1:{free_port()}"
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [
                programs.find(programs.PROMETHEUS),
                f"--config.file={folder / 'prometheus.yml'}",
                f"--storage.tsdb.path={folder / 'data'}",
                "--storage.tsdb.retention.time=90y",
                f"--web.listen-address={url}",
            ],
            stdout=log,
            stderr=log,
        )
    try:
        _wait_until_ready(process, f"http://{url}/-/ready", folder / "log")
        yield Server(f"http://{url}")
    finally:
        process.terminate()
        process.wait(READY_WITHIN_SECONDS)


@contextmanager
def with_rules(folder: Path, rule_files: Path, *more: str) -> Iterator[str]:
    """Run a Prometheus that loads these rule files, and return its address.

    Args:
        folder: the folder for its files.
        rule_files: the pattern of the rule files.
        more: further arguments of the command line.

    """
    with with_config(folder, {"rule_files": [str(rule_files)]}, *more) as server:
        yield server.url


@contextmanager
def with_config(
    folder: Path, config: Mapping[str, Any], *more: str, port: int | None = None
) -> Iterator[Server]:
    """Run a Prometheus with this configuration.

    Args:
        folder: the folder for its files.
        config: the content of prometheus.yml.
        more: further arguments of the command line.
        port: where it listens; any free port if this is None.

    """
    file = folder / "prometheus.yml"
    file.write_text(yaml.safe_dump(dict(config)))
    port = port or free_port()
    url = f"http://127.0.0.1:{port}"
    command = [
        str(programs.find(programs.PROMETHEUS)),
        f"--config.file={file}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        *more,
    ]
    with (folder / "log").open("w") as log:
        processes = Processes(log)
        try:
            processes.start(Part("prometheus", command, (port,), f"{url}/-/ready"))
            yield Server(url)
        finally:
            processes.stop_all()


def free_port() -> int:
    """Return a port that no program uses at the moment."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    return port


def _wait_until_ready(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + READY_WITHIN_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if requests.get(url, timeout=1).ok:
                return
        except requests.ConnectionError:
            pass
        time.sleep(0.05)
    pytest.fail(f"Prometheus is not ready: {log.read_text()[-2000:]}")


def samples(metric: str, labels: Labels, values: Iterable[tuple[float, float]]) -> Iterator[str]:
    """Yield a series in the OpenMetrics format, one line for each pair of time and value."""
    text = ",".join(f"{name}={quote(value)}" for name, value in labels.items())
    for at, value in values:
        yield f"{metric}{{{text}}} {value!r} {at:.3f}\n"


def fill(folder: Path, lines: Iterable[str]) -> None:
    """Write samples in the OpenMetrics format into ``folder/data``."""
    folder.mkdir(parents=True, exist_ok=True)
    text = folder / "samples.txt"
    text.write_text("".join(lines) + "# EOF\n", encoding="utf-8")
    # One block for a month: with blocks of two hours, promtool reads the file once for each.
    long = "--max-block-duration=1536h"
    run_promtool("tsdb", "create-blocks-from", long, "openmetrics", text, folder / "data")


def run_promtool(*arguments: str | Path) -> None:
    """Run promtool, and fail with its output if it fails."""
    done = subprocess.run(
        [programs.find(programs.PROMTOOL), *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
    )
    assert done.returncode == 0, done.stdout + done.stderr
