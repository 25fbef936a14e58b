from datetime import UTC, datetime

import pytest

from local.demo.traffic import History, make_history


@pytest.fixture(scope="session")
def history() -> History:
    """Return 40 days of traffic of 100 kB/s."""
    return make_history(datetime(2026, 11, 24, 8, 41, 17, tzinfo=UTC), 100_000)
