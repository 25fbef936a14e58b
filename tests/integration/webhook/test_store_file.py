"""The file of SQLite: it is protected, deleted while everything runs, and on a full disk."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask

from tests.integration.support.scripted_smtp import scripted
from tests.integration.support.webhook_app import (
    application,
    deliver,
    make_environ,
    outbox,
    post,
    run_all,
    usage,
)
from webhook import create_app
from webhook.views import store_check


@pytest.fixture(autouse=True)
def _fresh_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write to the store for each check."""
    monkeypatch.setattr(store_check, "EVERY_SECONDS", 0)


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    app = create_app(make_environ(tmp_path))
    yield app
    app.extensions["store"].close()


def modes(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mode & 0o777 for path in folder.glob("outbox.db*")}


def check_store(app: Flask) -> tuple[int, str]:
    answer = app.test_client().get("/readyz/store")
    return answer.status_code, answer.get_json()["checks"]["store"]["detail"]


def test_only_the_owner_can_read_the_files(tmp_path: Path) -> None:
    mask = os.umask(0)
    try:
        with scripted() as server, application(tmp_path, server.port) as app:
            assert post(app).status_code == 200
            deliver(app)
            found = modes(tmp_path)
    finally:
        os.umask(mask)
    assert set(found) == {"outbox.db", "outbox.db-wal", "outbox.db-shm", "outbox.db-delivery"}
    assert set(found.values()) == {0o600}


def test_the_files_of_an_earlier_version_are_protected_at_the_start(
    tmp_path: Path, app: Flask
) -> None:
    post(app)
    for path in tmp_path.glob("outbox.db*"):
        path.chmod(0o644)
    again = create_app(make_environ(tmp_path))
    assert set(modes(tmp_path).values()) == {0o600}
    assert len(outbox(again)) == 2
    again.extensions["store"].close()


@pytest.mark.parametrize("names", ["outbox.db", "outbox.db*"])
def test_after_the_database_was_deleted_everything_goes_on_without_a_restart(
    tmp_path: Path, names: str
) -> None:
    with scripted() as server, application(tmp_path, server.port) as app:
        assert post(app, usage("three")).status_code == 200
        deliver(app)
        server.wait_for(3)
        for path in tmp_path.glob(names):
            path.unlink()
        assert post(app, usage("three", consumer="acme")).status_code == 200
        assert check_store(app) == (200, "can be read and written")
        assert modes(tmp_path)["outbox.db"] == 0o600
        assert len(outbox(app)) == 3
        assert deliver(app) == 0
        server.wait_for(6)


def test_requests_are_answered_while_the_database_is_deleted_again_and_again(
    tmp_path: Path, app: Flask
) -> None:
    statuses: list[int] = []

    def work(number: int) -> None:
        for turn in range(20):
            if number == 0:
                (tmp_path / "outbox.db").unlink(missing_ok=True)
            statuses.append(post(app, usage("three", consumer=f"c{number}-{turn}")).status_code)

    run_all(4, work)
    assert set(statuses) <= {200, 503}
    assert post(app, usage("three", consumer="last")).json == {"alerts": 1, "mails": 3}
    assert {to for to, *_ in outbox(app)[-3:]} == {f"{name}@example.com" for name in "abc"}


@pytest.mark.parametrize("name", ["folder", "folder/outbox.db"])
def test_a_folder_that_is_away_is_reported_until_it_is_back(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    app = create_app(make_environ(tmp_path, f"sqlite:///{folder / 'outbox.db'}"))
    assert check_store(app)[0] == 200
    away = tmp_path / "away"
    (tmp_path / name).rename(away)
    if name == "folder":
        assert check_store(app)[0] == 503
        assert post(app).status_code == 503
    away.rename(tmp_path / name)
    assert post(app).status_code == 200
    assert check_store(app)[0] == 200
    app.extensions["store"].close()


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """Give a folder on a disk of two megabytes."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    subprocess.run(mount, check=True, timeout=20)
    try:
        yield folder
    finally:
        unmount = ["umount", "--lazy", str(folder)]
        subprocess.run(unmount, check=True, timeout=20)


def fill(path: Path) -> None:
    """Write to a file until the disk is full."""
    with path.open("ab", buffering=0) as file:
        for size in (65_536, 4_096, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                continue


def test_a_full_disk_is_reported_until_there_is_room_and_nothing_is_lost_or_repeated(
    tmp_path: Path,
) -> None:
    with small_disk(tmp_path / "disk") as disk, scripted() as server:
        url = f"sqlite:///{disk / 'outbox.db'}"
        app = create_app(make_environ(tmp_path, url, MAIL_PORT=str(server.port)))
        assert post(app, usage("three", consumer="first")).status_code == 200
        assert check_store(app)[0] == 200
        fill(disk / "filler")
        statuses = [
            post(app, usage("three", consumer=f"c{number}")).status_code for number in range(40)
        ]
        assert statuses[-1] == 503
        assert set(statuses) <= {200, 503}
        code, detail = check_store(app)
        assert (code, "full" in detail) == (503, True), detail
        assert app.test_client().get("/healthz").status_code == 200
        (disk / "filler").unlink()
        for number in range(10):
            assert post(app, usage("three", consumer=f"c{number}")).status_code == 200
        assert check_store(app)[0] == 200
        consumers = {"first", *(f"c{n}" for n in range(10))}
        consumers |= {f"c{n}" for n, status in enumerate(statuses) if status == 200}
        assert len(outbox(app)) == 3 * len(consumers)
        assert deliver(app) == 0
        server.wait_for(3 * len(consumers))
        assert len(set(server.accepted)) == len(server.accepted) == 3 * len(consumers)
        app.extensions["store"].close()
