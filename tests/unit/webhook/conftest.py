from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.webhook.samples import QUOTAS_YAML, SENDER, TOKEN, FakeConnection
from webhook.store.database import Store


@pytest.fixture
def connection() -> FakeConnection:
    return FakeConnection()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Return a store on disk, with its tables."""
    store = Store(f"sqlite:///{tmp_path / 'outbox.db'}")
    store.prepare()
    yield store
    store.close()


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """Return what must be set at least."""
    quotas_file = tmp_path / "quotas.yaml"
    quotas_file.write_text(QUOTAS_YAML)
    return {
        "QUOTAS_FILE": str(quotas_file),
        "WEBHOOK_TOKEN": TOKEN,
        "DATABASE_URL": f"sqlite:///{tmp_path / 'outbox.db'}",
        "MAIL_DEFAULT_SENDER": str(SENDER),
    }
