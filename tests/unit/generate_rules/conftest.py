from pathlib import Path

import pytest

from tests.unit.generate_rules.command import MONTHLY


@pytest.fixture
def quotas(tmp_path: Path) -> Path:
    """Return the path of a quotas.yaml with one quota."""
    path = tmp_path / "quotas.yaml"
    path.write_text(MONTHLY)
    return path


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Return the path of the folder for rules, which does not exist yet."""
    return tmp_path / "rules"
