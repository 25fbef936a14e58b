"""After kill -9 at any step nothing is lost, and at most one mail repeats, with the same id."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from tests.integration.support.scripted_smtp import THINK, Script
from tests.integration.support.webhook_app import (
    ROOT,
    deliver,
    free_leases,
    outbox,
    post,
    states,
    usage,
)
from webhook.store.status import DELIVERER, read_status

A, B, C = RECIPIENTS = ["a@example.com", "b@example.com", "c@example.com"]
CRASHING = str(ROOT / "tests" / "integration" / "support" / "crashing.py")
LEASE_SECONDS = 1
TIMEOUT_SECONDS = 60
# How long a container may take to stop. A lease lasts longer.
STOP_SECONDS = 10


def crash(environ: dict[str, str], step: str) -> None:
    done = subprocess.run(
        [
            sys.executable,
            CRASHING,
            step,
        ],
        env={**os.environ, **environ, "PYTHONPATH": str(ROOT)},
        cwd=Path(environ["QUOTAS_FILE"]).parent,
        check=False,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr


def deliver_all(app: Flask) -> None:
    """Deliver all mails, as the next process does after a crash, once the leases have run out."""
    end = time.monotonic() + TIMEOUT_SECONDS
    while any(state in ("queued", "sending") for state in states(app)):
        assert time.monotonic() < end, outbox(app)
        deliver(app)
        time.sleep(0.1)


def test_after_a_crash_before_the_commit_nothing_is_stored_and_a_second_post_succeeds(
    app: Flask, environ: dict[str, str], server: Script
) -> None:
    crash(environ, "before commit")
    assert outbox(app) == []
    assert post(app, usage("three")).json == {"alerts": 1, "mails": 3}
    deliver_all(app)
    assert [to for to, _ in server.accepted] == RECIPIENTS


def test_after_a_crash_after_the_commit_all_is_sent_and_a_second_post_adds_nothing(
    app: Flask, environ: dict[str, str], server: Script
) -> None:
    crash(environ, "after commit")
    assert states(app) == ["queued"] * 3
    assert post(app, usage("three")).json == {"alerts": 1, "mails": 0}
    deliver_all(app)
    assert [to for to, _ in server.accepted] == RECIPIENTS


@pytest.mark.parametrize("step", ["claimed", "during data"])
def test_after_a_crash_before_the_server_has_a_mail_the_next_process_sends_it(
    app: Flask, environ: dict[str, str], server: Script, step: str
) -> None:
    post(app, usage("three"))
    crash(environ, step)
    assert states(app) == ["sending"] * 3
    assert server.accepted == []
    deliver_all(app)
    assert sorted(to for to, _ in server.accepted) == RECIPIENTS


@pytest.mark.parametrize("step", ["after 250", "before settled"])
def test_after_a_crash_after_the_servers_250_one_mail_repeats_with_the_same_id(
    app: Flask, environ: dict[str, str], server: Script, step: str
) -> None:
    post(app, usage("three"))
    crash(environ, step)
    assert states(app) == ["sending"] * 3
    assert [to for to, _ in server.accepted] == [A]
    deliver_all(app)
    assert sorted(to for to, _ in server.accepted) == [A, *RECIPIENTS]
    first, second = server.ids(A)
    assert first == second
    assert states(app) == ["sent"] * 3


DELIVER = ("-m", "flask", "--app", "webhook", "deliver")


def start(environ: dict[str, str], *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, *(arguments or DELIVER)],
        env={**os.environ, **environ, "PYTHONPATH": str(ROOT)},
        cwd=Path(environ["QUOTAS_FILE"]).parent,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_until(is_true: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + TIMEOUT_SECONDS
    while not is_true():
        assert time.monotonic() < end, what
        time.sleep(0.02)


def is_delivering(app: Flask) -> bool:
    with app.extensions["store"].reading() as connection:
        return DELIVERER in read_status(connection)


def test_after_sigterm_the_current_mail_is_finished(
    app: Flask, environ: dict[str, str], server: Script
) -> None:
    # The server accepts the first mail when go_on is set.
    server.steps["dot"] = [THINK]
    post(app, usage("three"))
    with start(environ) as process:
        wait_until(server.thinking.is_set, "no mail came")
        process.terminate()
        time.sleep(0.5)
        assert process.poll() is None
        server.go_on.set()
        assert process.wait(TIMEOUT_SECONDS) == 0
    assert states(app) == ["sent", "queued", "queued"]
    assert [to for to, _ in server.accepted] == [A]


def test_sigterm_stops_an_idle_process_at_once(app: Flask, environ: dict[str, str]) -> None:
    assert outbox(app) == []
    with start(environ) as process:
        wait_until(lambda: is_delivering(app), "no process delivers")
        began = time.monotonic()
        process.terminate()
        assert process.wait(TIMEOUT_SECONDS) == 0
        assert time.monotonic() - began < STOP_SECONDS


def test_several_processes_share_the_mails_and_send_none_twice(
    app: Flask, environ: dict[str, str], server: Script
) -> None:
    for number in range(20):
        post(app, usage("three", consumer=f"c{number}"))
    processes = [start(environ) for _ in range(3)]
    server.wait_for(60, TIMEOUT_SECONDS)
    wait_until(lambda: states(app) == ["sent"] * 60, "not all are sent")
    assert len(server.accepted) == len(set(server.accepted)) == 60
    for process in processes:
        process.terminate()
    for process in processes:
        _, said = process.communicate(timeout=TIMEOUT_SECONDS)
        # A process that has not started up yet is ended by the signal itself.
        assert process.returncode in (0, -signal.SIGTERM), said


@pytest.mark.parametrize("kills", [5])
def test_after_kills_at_random_moments_nothing_is_lost_and_repeats_have_the_same_id(
    app: Flask, environ: dict[str, str], server: Script, kills: int
) -> None:
    for number in range(30):
        post(app, usage("three", consumer=f"c{number}"))
    for kill in range(kills):
        with start(environ) as process:
            server.wait_for(5 * (kill + 1), TIMEOUT_SECONDS)
            process.kill()
    free_leases(app)
    deliver_all(app)
    assert states(app) == ["sent"] * 90
    # Each kill may have come after a 250 whose outcome was not committed.
    assert 90 <= len(server.accepted) <= 90 + kills
    assert len(set(server.accepted)) == 90


def test_a_lease_is_renewed_while_the_server_takes_its_time(
    app: Flask, environ: dict[str, str], server: Script
) -> None:
    server.steps["dot"] = [THINK]
    post(app, usage("three"))
    with start(environ, CRASHING, "short leases") as process:
        wait_until(server.thinking.is_set, "no mail came")
        time.sleep(2)
        # Another process finds no work, because the first one renews its leases.
        deliver(app)
        assert len(server.accepted) == 0
        server.go_on.set()
        wait_until(lambda: states(app) == ["sent"] * 3, "not all are sent")
        process.terminate()
    assert [to for to, _ in server.accepted] == RECIPIENTS
