from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.support import postgres
from tests.integration.support.databases import KINDS, database


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """Return the URL of a PostgreSQL server that only the tests use."""
    with postgres.running() as url:
        yield url


@pytest.fixture(params=KINDS)
def database_url(
    request: pytest.FixtureRequest, tmp_path: Path, postgres_url: str
) -> Iterator[str]:
    """Return the URL of a new database; each test runs with SQLite and with PostgreSQL."""
    with database(request.param, tmp_path, postgres_url) as url:
        yield url
