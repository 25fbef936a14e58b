from collections.abc import Iterator

import pytest

from tests.engines.choice import chosen_engines, engines_not_run
from tests.engines.story import play
from tests.engines.system import System, running

# Processes of pytest-xdist take an engine each (--dist loadgroup).
ENGINES = [pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in chosen_engines()]


@pytest.fixture(scope="session", params=ENGINES)
def system(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[System]:
    """Return the system after the story of ``tests.engines.story``."""
    with running(request.param, tmp_path_factory.mktemp("system")) as system:
        play(system)
        yield system


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was measured, and which engines were not tested."""
    for report in terminalreporter.stats.get("passed", []):
        for name, text in report.user_properties:
            terminalreporter.write_line(f"{name}: {text}")
    for line in engines_not_run():
        terminalreporter.write_line(line)
