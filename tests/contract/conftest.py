from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.data import lines
from tests.integration.api.api_process import api
from tests.integration.support.prometheus import fill, running
from tests.integration.support.webhook_app import ROOT


@pytest.fixture(scope="session")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run the API under gunicorn, in front of a Prometheus with traffic, and give its address."""
    folder: Path = tmp_path_factory.mktemp("contract")
    fill(folder, lines())
    quotas = str(ROOT / "quotas.yaml")
    with (
        running(folder) as prometheus,
        api(folder / "api.log", prometheus.url, QUOTAS_FILE=quotas) as url,
    ):
        yield url
