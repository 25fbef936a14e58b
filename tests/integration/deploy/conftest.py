"""A running stack whose gateways, quotas, alerts and mails fill each panel of the dashboard."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from local.stack.config import write_yaml
from local.stack.observer import Observer
from local.stack.ports import HOST, Ports
from local.stack.processes import Processes
from local.stack.stack import Stack
from quotas import names
from tests.integration.support.prometheus import fill, free_port, samples

QUOTAS = Path(__file__).parent / "quotas.yaml"
MINUTE = 60
# Bytes of two quarters of an hour: counted in part, and not at all, before they were counted again.
COUNTED, COUNTED_AGAIN, NEVER_COUNTED = 3_000, 5_000, 700


@dataclass(frozen=True)
class SeededStack(Stack):
    """A stack with a gateway that does not answer, and with what takes hours to happen."""

    def prepare(self) -> None:
        """Write what every stack needs, a target that is down, and two hours of samples."""
        super().prepare()
        file = self.folder / "prometheus.yml"
        config = yaml.safe_load(file.read_text())
        (job,) = (job for job in config["scrape_configs"] if job["job_name"] == names.GATEWAY_JOB)
        job["static_configs"].append({"targets": [f"{HOST}:{free_port()}"]})
        write_yaml(file, config)
        fill(self.folder, _past(time.time()))
        (self.folder / "data").rename(self.folder / "prometheus")


def _past(now: float) -> Iterator[str]:
    """Yield the watchdog of the hour before the last one, and quarters of an hour."""
    watchdog = {"alertname": names.WATCHDOG_ALERT, "alertstate": "firing"}
    ages = range(120 * MINUTE, 61 * MINUTE, -MINUTE)
    yield from samples("ALERTS", watchdog, [(now - age, 1) for age in ages])
    seeded = {names.SERVICE: "seeded", names.QUARTER_HOUR: "3"}
    again = {names.COUNTED: "again-0"}
    at = now - 20 * MINUTE
    yield from samples(names.OPEN, seeded, [(at - 20 * MINUTE, COUNTED)])
    yield from samples(names.RECOUNTED, seeded | again, [(at, COUNTED_AGAIN)])
    missed = seeded | again | {names.QUARTER_HOUR: "4"}
    yield from samples(names.RECOUNTED, missed, [(at, NEVER_COUNTED)])


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Observer]:
    """Run the stack until it has mailed about a quota that is above its limit."""
    folder = tmp_path_factory.mktemp("dashboard") / "stack"
    described = SeededStack(Ports.free(), folder, quotas=QUOTAS)
    with (folder.parent / "log").open("w") as log:
        processes = Processes(log)
        try:
            described.start(processes)
            observer = Observer(described.ports, processes)
            gateway = f'up{{job="kong", instance="{HOST}:{described.ports.status}"}}'
            query = f"{gateway} offset 4s == 1"
            observer.wait_for("the first scrapes", lambda: observer.query(query) or None, 60)
            observer.send("/bun/bytes/30000", consumer="acme", times=4)
            observer.send("/bin/bytes/30000", consumer="globex", times=1)
            observer.send("/bin/bytes/30000", times=2)
            observer.send("/ban/once")
            observer.wait_for("a mail", lambda: observer.mails() or None, 60)
            yield observer
        finally:
            processes.stop_all()
