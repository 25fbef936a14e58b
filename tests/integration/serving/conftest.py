from collections.abc import Iterator
from pathlib import Path

import pytest

from local.stack.ports import free_ports
from tests.integration.support.webhook_app import ROOT, make_environ
from tests.integration.support.webhook_process import webhook


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """Return the settings of a webhook."""
    return make_environ(tmp_path, PYTHONPATH=str(ROOT))


@pytest.fixture
def port() -> int:
    """Return the port at which it listens."""
    return free_ports(1)[0]


@pytest.fixture
def url(tmp_path: Path, environ: dict[str, str], port: int) -> Iterator[str]:
    """Run the webhook under gunicorn, and return its address."""
    with webhook(port, environ, tmp_path / "log") as url:
        yield url
