import os
import time
from pathlib import Path

import pytest

from quotas.file.loading import QuotasError, load_quotas
from quotas.watched_file import QUIET_SECONDS, WatchedFile
from tests.unit.webhook.samples import QUOTAS_YAML

CHANGED = QUOTAS_YAML.replace("ops@", "night-shift@")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "quotas.yaml"
    path.write_text(QUOTAS_YAML)
    return path


class Clock:
    """A monotonic clock that a test moves. The clock of the day stays as it is."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seconds = 1_000.0
        monkeypatch.setattr(time, "monotonic", lambda: self.seconds)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def replace(path: Path, text: str, age_seconds: float = QUIET_SECONDS) -> None:
    """Replace the file as editors do, with one that was written some seconds ago."""
    new = path.with_suffix(".new")
    new.write_text(text)
    written_at = time.time() - age_seconds
    os.utime(new, (written_at, written_at))
    os.replace(new, path)  # noqa: PTH105 - as editors do


def test_a_change_is_read_without_a_restart(path: Path) -> None:
    file = WatchedFile(path, load_quotas, QuotasError)
    assert file.read().notify == ("ops@example.com",)
    replace(path, CHANGED)
    assert file.read().notify == ("night-shift@example.com",)


def test_a_file_that_was_written_just_now_is_read_after_it_has_been_quiet(
    path: Path, clock: Clock
) -> None:
    file = WatchedFile(path, load_quotas, QuotasError)
    replace(path, CHANGED, age_seconds=0)
    assert file.read().notify == ("ops@example.com",)
    clock.seconds += QUIET_SECONDS - 0.1
    assert file.read().notify == ("ops@example.com",)
    clock.seconds += 0.1
    assert file.read().notify == ("night-shift@example.com",)


def test_a_file_that_is_written_in_parts_is_read_when_it_is_whole(path: Path, clock: Clock) -> None:
    file = WatchedFile(path, load_quotas, QuotasError)
    before = file.read()
    # The head is valid, and has no quota at all.
    head, quota, rest = CHANGED.partition("  - name")
    path.write_text(head.replace("quotas:", "quotas: []"))
    for part in (head, head + quota, CHANGED):
        assert file.read() == before
        clock.seconds += QUIET_SECONDS - 0.1
        path.write_text(part)
        os.utime(path)
    assert file.read() == before
    clock.seconds += QUIET_SECONDS
    assert [quota.name for quota in file.read().quotas] == ["bun-egress"]
    assert file.read().notify == ("night-shift@example.com",)
    assert rest


@pytest.mark.parametrize("age_seconds", [-3_600, 0])
def test_a_file_from_the_future_is_read_after_it_has_been_quiet(
    path: Path, clock: Clock, age_seconds: float
) -> None:
    file = WatchedFile(path, load_quotas, QuotasError)
    replace(path, CHANGED, age_seconds)
    assert file.read().notify == ("ops@example.com",)
    clock.seconds += QUIET_SECONDS
    assert file.read().notify == ("night-shift@example.com",)


def test_a_wrong_version_is_logged_once_and_the_former_one_stays(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = WatchedFile(path, load_quotas, QuotasError)
    before = file.read()
    replace(path, QUOTAS_YAML.replace("500 GB", "500 GBs"))
    assert file.read() is before
    assert "500 GBs" in caplog.text
    caplog.clear()
    file.read()
    assert caplog.text == ""


def test_a_missing_file_leaves_the_former_version(path: Path) -> None:
    file = WatchedFile(path, load_quotas, QuotasError)
    before = file.read()
    path.unlink()
    assert file.read() is before
    replace(path, QUOTAS_YAML)
    assert file.read() == before


def test_a_file_that_is_wrong_at_the_start_is_an_error(path: Path) -> None:
    path.write_text("quotas: 5")
    with pytest.raises(QuotasError):
        WatchedFile(path, load_quotas, QuotasError)
