"""The whole system with an engine in Prometheus's place."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import requests

from local.stack.observer import Observer
from local.stack.ports import Ports
from local.stack.processes import Part, Processes
from local.stack.stack import Stack
from quotas import names
from quotas.promql import select
from tests.engines.engine import Engine, Site
from tests.engines.gateways import LACKING, Gateway, Gateways
from tests.engines.setups.all import SETUPS

QUOTAS = Path(__file__).parent / "quotas.yaml"
TIMEOUT_SECONDS = 20.0
FLUSH_SECONDS = 0.3


@dataclass(frozen=True)
class EngineObserver(Observer):
    """Asks the parts of the system, and the engine at its own address."""

    engine_url: str = ""

    def query(self, promql: str) -> list[tuple[dict[str, str], float]]:
        """Return the labels and the value of each series that an instant query returns."""
        answer = requests.post(
            f"{self.engine_url}/api/v1/query", data={"query": promql}, timeout=TIMEOUT_SECONDS
        )
        assert answer.ok, answer.text
        return [
            (element["metric"], float(element["value"][1]))
            for element in answer.json()["data"]["result"]
        ]


@dataclass
class System:
    """An engine and everything around it, as running processes.

    ``times`` holds what was measured, in seconds.
    """

    name: str
    site: Site
    engine: Engine
    observer: EngineObserver
    gateways: Gateways
    times: dict[str, float] = field(default_factory=dict)

    def get(self, path: str, **parameters: Any) -> Any:
        """Return the JSON of an answer of the API that must be 200."""
        url = self.observer.ports.url("api") + path
        answer = requests.get(url, params=parameters, timeout=TIMEOUT_SECONDS)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def used(self, quota: str, **labels: str) -> float | None:
        """Return the bytes recorded as used by a quota, in all its periods; None without any."""
        matchers = select({names.QUOTA: quota, **labels})
        found = self.observer.query(f"last_over_time({names.USED}{matchers}[1m])")
        return sum(value for _, value in found) if found else None


@contextmanager
def running(name: str, folder: Path) -> Iterator[System]:
    """Start an engine and everything around it, and stop all of it afterwards.

    Raises:
        local.stack.processes.StackError: a part does not start.

    """
    all_ports = [Ports.free() for _ in LACKING]
    stacks = [
        Stack(ports, folder / "stack", QUOTAS, kong)
        for ports, kong in zip(all_ports, LACKING, strict=True)
    ]
    stacks[0].prepare()
    (folder / "engine").mkdir()
    stack = folder / "stack"
    site = Site(folder / "engine", all_ports, stack / "prometheus.yml", QUOTAS, stack / "rules")
    engine = SETUPS[name].set_up(site)
    with (folder / "log").open("w", encoding="utf-8") as log:
        processes = Processes(log)
        observer = EngineObserver(all_ports[0], processes, engine.query_url)
        gateways = [
            Gateway(replace(observer, ports=ports), kong)
            for ports, kong in zip(all_ports, LACKING, strict=True)
        ]
        try:
            for part in _parts(stacks, engine):
                processes.start(part)
            engine.push_rules()
            with _flushing(engine.flush_url):
                yield System(name, site, engine, observer, Gateways(gateways))
        finally:
            processes.stop_all()


@contextmanager
def _flushing(url: str) -> Iterator[None]:
    """Ask an address all the time, if there is one; the engine may be away."""
    stopped = threading.Event()

    def flush() -> None:
        while url and not stopped.wait(FLUSH_SECONDS):
            with suppress(requests.RequestException):
                requests.get(url, timeout=TIMEOUT_SECONDS)

    thread = threading.Thread(target=flush)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()


def _parts(stacks: Sequence[Stack], engine: Engine) -> Iterator[Part]:
    """Yield all parts: those of the stack, with more gateways, and the engine for Prometheus."""
    for number, stack in enumerate(stacks[1:], start=2):
        gateway = next(part for part in stack.parts() if part.name == "gateway")
        yield replace(gateway, name=f"gateway {number}")
    for part in stacks[0].parts():
        if part.name == "prometheus":
            yield from engine.parts
        else:
            yield replace(part, environment=_at(engine.query_url, part.environment))


def _at(query_url: str, environment: Mapping[str, str]) -> dict[str, str]:
    asks = {"PROMETHEUS_URL": query_url} if "PROMETHEUS_URL" in environment else {}
    return {**environment, **asks}
