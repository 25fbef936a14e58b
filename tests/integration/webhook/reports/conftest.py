from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from tests.integration.support.prometheus import fill, running
from tests.integration.support.scripted_smtp import Script, scripted
from tests.integration.support.webhook_app import make_environ
from tests.integration.webhook.reports.history import QUOTAS, recorded
from webhook import create_app


@pytest.fixture(scope="session")
def prometheus_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of a Prometheus that has the last two months."""
    folder = tmp_path_factory.mktemp("history")
    fill(folder, recorded())
    with running(folder) as server:
        yield server.url


@pytest.fixture
def server() -> Iterator[Script]:
    """Return an SMTP server that counts the mails."""
    with scripted() as server:
        yield server


@pytest.fixture
def environ(
    tmp_path: Path, database_url: str, server: Script, prometheus_url: str
) -> dict[str, str]:
    """Return settings of a webhook with reports about each month."""
    environ = make_environ(
        tmp_path, database_url, MAIL_PORT=str(server.port), PROMETHEUS_URL=prometheus_url
    )
    Path(environ["QUOTAS_FILE"]).write_text(QUOTAS)
    return environ


@pytest.fixture
def app(environ: dict[str, str]) -> Iterator[Flask]:
    """Return a webhook with these settings."""
    app = create_app(environ)
    yield app
    app.extensions["store"].close()
