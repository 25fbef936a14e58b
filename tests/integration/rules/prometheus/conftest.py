from collections.abc import Iterator
from pathlib import Path

import pytest

from local.stack.observer import Observer
from local.stack.ports import Ports
from local.stack.processes import Processes
from local.stack.stack import Stack
from quotas import names
from quotas.prometheus.checks import alertmanager
from tests.integration.rules.prometheus.verification import WITHIN_SECONDS, Verification

PARTS = ("gateway", "alertmanager", "prometheus")


@pytest.fixture(scope="module")
def running_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stack, Observer]]:
    """Return a gateway, Prometheus and Alertmanager that run, with traffic on two routes."""
    folder: Path = tmp_path_factory.mktemp("stack")
    stack = Stack(Ports.free(), folder)
    stack.prepare()
    with (folder / "log").open("w") as log:
        processes = Processes(log)
        try:
            for part in stack.parts():
                if part.name in PARTS:
                    processes.start(part)
            observer = Observer(stack.ports, processes)
            observer.wait_until_watched()
            observer.send("/bun/bytes/1000", consumer="acme")
            observer.send("/ban/once")
            seen = f"count(count by (route) ({names.GATEWAY_BYTES})) >= 2"
            observer.wait_for("the routes", lambda: observer.query(seen) or None, WITHIN_SECONDS)
            yield stack, observer
        finally:
            processes.stop_all()


@pytest.fixture
def verification(
    running_stack: tuple[Stack, Observer],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Verification:
    monkeypatch.setattr(alertmanager, "SECONDS_BETWEEN_ATTEMPTS", 0.1)
    return Verification(*running_stack, capsys)
