from pathlib import Path

import pytest

from tests.chart.rendering import Chart, copy_chart


@pytest.fixture(scope="session")
def chart(tmp_path_factory: pytest.TempPathFactory) -> Chart:
    """Return the chart with quotas and their rules, which no test changes."""
    found = copy_chart(tmp_path_factory.mktemp("chart"))
    found.fill()
    return found


@pytest.fixture
def empty_chart(tmp_path: Path) -> Chart:
    """Return a copy of the chart as it is in the repository."""
    return copy_chart(tmp_path)
