import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from selenium.webdriver import Chrome

from local.demo.run import DemoStack
from local.stack.ports import Ports
from local.stack.processes import Processes
from tests.browser.support.chromium import Page, running

SETTLE_SECONDS = 60
# The rules of long periods are evaluated every five seconds: this is two evaluations.
UNCHANGED_SECONDS = 11


class Api:
    """The API that the page reads, for comparison."""

    def __init__(self, url: str) -> None:
        self.url = url

    def get(self, path: str, **parameters: str | int) -> Any:
        """Return the JSON of a path below /api/v1/."""
        answer = requests.get(f"{self.url}/api/v1/{path}", params=parameters, timeout=20)
        answer.raise_for_status()
        return answer.json()


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoStack]:
    """Run the demo without live traffic, so that its numbers do not change."""
    folder = tmp_path_factory.mktemp("stack")
    with (folder / "log").open("w", encoding="utf-8") as log:
        processes = Processes(log)
        try:
            stack = DemoStack(Ports.free(), folder / "demo")
            stack.start(processes)
            _wait_until_evaluated(Api(stack.ports.url("api")))
            yield stack
        finally:
            processes.stop_all()


def _wait_until_evaluated(api: Api) -> None:
    """Wait until usage no longer changes and quotas of all states are there."""
    deadline = time.monotonic() + SETTLE_SECONDS
    before: list[Any] = []
    while True:
        entries = api.get("quotas")["quotas"]
        now = [
            [entry[key] for key in ("name", "used_bytes", "ratio", "state")] for entry in entries
        ]
        if now == before and {"ok", "80", "90", "100"} <= {entry["state"] for entry in entries}:
            return
        before = now
        assert time.monotonic() < deadline, entries
        time.sleep(UNCHANGED_SECONDS)


@pytest.fixture(scope="session")
def api(stack: DemoStack) -> Api:
    return Api(stack.ports.url("api"))


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    with running(tmp_path_factory.mktemp("profile") / Path("chromium")) as driver:
        yield driver


@pytest.fixture
def page(chromium: Chrome, stack: DemoStack) -> Iterator[Page]:
    """Return the dashboard. After the test, the console of the browser must be empty."""
    page = Page(chromium, stack.ports.url("api"))
    page.console()
    yield page
    chromium.execute_cdp_cmd("Network.setBlockedURLs", {"urls": []})
    chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    assert page.console() == []
