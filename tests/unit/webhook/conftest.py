from pathlib import Path

import pytest

from tests.unit.webhook.samples import QUOTAS_YAML, SENDER, TOKEN, FakeConnection


@pytest.fixture
def connection() -> FakeConnection:
    return FakeConnection()


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """Return what must be set at least."""
    quotas_file = tmp_path / "quotas.yaml"
    quotas_file.write_text(QUOTAS_YAML)
    return {
        "QUOTAS_FILE": str(quotas_file),
        "WEBHOOK_TOKEN": TOKEN,
        "MAIL_DEFAULT_SENDER": str(SENDER),
    }
