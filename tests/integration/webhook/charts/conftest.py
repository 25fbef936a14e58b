from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask

from quotas import names
from quotas.calendars import MONTH
from tests.integration.support.prometheus import fill, running, samples
from tests.integration.support.scripted_smtp import Script, scripted
from tests.integration.support.webhook_app import make_environ
from webhook import create_app
from webhook.reports.schedule import newest_period

# The alerts are about the last month, of which everything is known at any time.
LAST = newest_period(MONTH, datetime.now(UTC))
HALF_AN_HOUR = 1_800


@pytest.fixture(scope="session")
def prometheus_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of a Prometheus that has the last month's usage of the quota three."""
    folder = tmp_path_factory.mktemp("usage")
    labels = {"quota": "three", "calendar": "month", "period": str(LAST.id)}
    start, end = int(LAST.start.timestamp()), int(LAST.end.timestamp())
    every = range(start, end + 1, HALF_AN_HOUR)
    fill(
        folder,
        samples(names.USED, labels, ((at, 450e9 * (at - start) / (end - start)) for at in every)),
    )
    with running(folder) as server:
        yield server.url


@pytest.fixture
def server() -> Iterator[Script]:
    """Return an SMTP server that keeps the mails."""
    with scripted() as server:
        yield server


@pytest.fixture
def environ(
    tmp_path: Path, database_url: str, server: Script, prometheus_url: str
) -> dict[str, str]:
    """Return settings of a webhook that reads usage from this Prometheus."""
    return make_environ(
        tmp_path, database_url, MAIL_PORT=str(server.port), PROMETHEUS_URL=prometheus_url
    )


@pytest.fixture
def app(environ: dict[str, str]) -> Iterator[Flask]:
    """Return a webhook with these settings."""
    app = create_app(environ)
    yield app
    app.extensions["store"].close()
