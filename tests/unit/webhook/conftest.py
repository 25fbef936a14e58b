from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from tests.unit.webhook.samples import QUOTAS_YAML, SENDER, TOKEN, FakeConnection
from webhook import create_app
from webhook.store.database import Store


@pytest.fixture
def connection() -> FakeConnection:
    return FakeConnection()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Return a store on disk with up-to-date tables."""
    store = Store(f"sqlite:///{tmp_path / 'outbox.db'}")
    store.prepare()
    yield store
    store.close()


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """Return the required settings."""
    quotas_file = tmp_path / "quotas.yaml"
    quotas_file.write_text(QUOTAS_YAML)
    return {
        "QUOTAS_FILE": str(quotas_file),
        "WEBHOOK_TOKEN": TOKEN,
        "DATABASE_URL": f"sqlite:///{tmp_path / 'outbox.db'}",
        "MAIL_DEFAULT_SENDER": str(SENDER),
    }


@pytest.fixture
def app(environ: dict[str, str]) -> Iterator[Flask]:
    """Return the webhook. It uses the same database as ``store``."""
    app = create_app(environ)
    yield app
    app.extensions["store"].close()
