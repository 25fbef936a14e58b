from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from tests.integration.support.scripted_smtp import Script, scripted
from tests.integration.support.webhook_app import make_environ
from webhook import create_app


@pytest.fixture
def server() -> Iterator[Script]:
    """Return an SMTP server that counts the mails."""
    with scripted() as server:
        yield server


@pytest.fixture
def environ(tmp_path: Path, database_url: str, server: Script) -> dict[str, str]:
    """Return settings with which a webhook sends to the server."""
    return make_environ(tmp_path, database_url, MAIL_PORT=str(server.port))


@pytest.fixture
def app(environ: dict[str, str]) -> Iterator[Flask]:
    """Return a webhook with these settings."""
    app = create_app(environ)
    yield app
    app.extensions["store"].close()
