from collections.abc import Iterator
from pathlib import Path

import pytest

from local import postgres
from tests.integration.support.databases import KINDS, database


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """Return the address of a PostgreSQL server of the tests' own."""
    with postgres.running() as url:
        yield url


@pytest.fixture(params=KINDS)
def database_url(
    request: pytest.FixtureRequest, tmp_path: Path, postgres_url: str
) -> Iterator[str]:
    """Return the address of a new database, once in SQLite and once in PostgreSQL."""
    with database(request.param, tmp_path, postgres_url) as url:
        yield url
