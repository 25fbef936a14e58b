import os
from pathlib import Path

import pytest

from quotas.file.loading import QuotasError
from tests.unit.webhook.samples import QUOTAS_YAML
from webhook.alerts.quotas_file import QuotasFile


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "quotas.yaml"
    path.write_text(QUOTAS_YAML)
    return path


def replace(path: Path, text: str) -> None:
    new = path.with_suffix(".new")
    new.write_text(text)
    os.replace(new, path)  # noqa: PTH105 - as editors do


def test_a_change_is_read_without_a_restart(path: Path) -> None:
    file = QuotasFile(path)
    assert file.read().notify == ("ops@example.com",)
    replace(path, QUOTAS_YAML.replace("ops@", "night-shift@"))
    assert file.read().notify == ("night-shift@example.com",)


def test_a_wrong_version_is_logged_once_and_the_former_one_stays(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = QuotasFile(path)
    before = file.read()
    replace(path, QUOTAS_YAML.replace("500 GB", "500 GBs"))
    assert file.read() is before
    assert "500 GBs" in caplog.text
    caplog.clear()
    file.read()
    assert caplog.text == ""


def test_a_missing_file_leaves_the_former_version(path: Path) -> None:
    file = QuotasFile(path)
    before = file.read()
    path.unlink()
    assert file.read() is before
    path.write_text(QUOTAS_YAML)
    assert file.read() == before


def test_a_file_that_is_wrong_at_the_start_is_an_error(path: Path) -> None:
    path.write_text("quotas: 5")
    with pytest.raises(QuotasError):
        QuotasFile(path)
