"""Reports that are due: one mail for each recipient, whatever is killed, away or done twice."""

import os
import random
import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import partial
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from tests.integration.support.polling import poll
from tests.integration.support.scripted_smtp import Script
from tests.integration.support.webhook_app import (
    ROOT,
    deliver,
    free_leases,
    outbox,
    post,
    states,
    usage,
)
from tests.integration.support.webhook_process import process
from tests.integration.webhook.reports.history import LAST, RECIPIENTS, miss_the_turn
from webhook import create_app
from webhook.delivery.upkeep import usage_reports
from webhook.store.tables import mails

ALL = ["ops@example.com", *RECIPIENTS]
DELIVER = (sys.executable, "-m", "flask", "--app", "webhook", "deliver")
CRASHING = ROOT / "tests" / "integration" / "support" / "crashing.py"
TIMEOUT_SECONDS = 60
# How long a container may take to stop.
STOP_SECONDS = 10


@pytest.fixture(autouse=True)
def _missed(environ: dict[str, str]) -> None:
    """Let no delivery process have run when the last month ended."""
    miss_the_turn(environ)


def contents(app: Flask) -> Iterator[EmailMessage]:
    with app.extensions["store"].reading() as connection:
        for content in connection.execute(select(mails.c.content).order_by(mails.c.id)).scalars():
            yield message_from_bytes(content, _class=EmailMessage, policy=policy.default)


def has_mails(app: Flask, count: int) -> bool:
    return len(outbox(app)) >= count


def is_done(app: Flask) -> bool:
    return states(app) == ["sent"] * len(ALL)


def test_what_was_missed_while_nobody_delivered_is_made_up_for_once(
    app: Flask, server: Script
) -> None:
    for _ in range(2):
        assert deliver(app) == 0
        assert sorted(to for to, _ in server.accepted) == ALL
    first, *_ = contents(app)
    assert first["Subject"] == f"[report] 1 of 2 quotas reached its limit, {LAST.title}"
    [table] = first.iter_attachments()
    assert table.get_filename() == f"bandwidth-{LAST.start:%Y-%m}.csv"
    assert "team,bun,," in table.get_content()
    pictures = [part for part in first.walk() if part.get_content_type() == "image/png"]
    assert len(pictures) == 2


def test_names_from_traffic_are_no_formulas_in_the_table(app: Flask) -> None:
    deliver(app)
    *_, last = contents(app)
    [table] = last.iter_attachments()
    assert "each,,,'=big-co,," in table.get_content()


def test_processes_that_race_send_each_report_once(
    app: Flask, environ: dict[str, str], server: Script, tmp_path: Path
) -> None:
    log, settings = tmp_path / "log", {**environ, "PYTHONPATH": str(ROOT)}
    with process(log, *DELIVER, **settings), process(log, *DELIVER, **settings):
        server.wait_for(len(ALL), TIMEOUT_SECONDS)
        poll(lambda: is_done(app), log.read_text(), TIMEOUT_SECONDS)
    assert sorted(to for to, _ in server.accepted) == ALL
    assert len(outbox(app)) == len(ALL)


@pytest.mark.parametrize(
    ("step", "committed"),
    [
        ("report before commit", 0),
        ("report after some mails", 1),
        ("report before marked", len(ALL)),
    ],
)
def test_after_a_crash_the_next_process_queues_the_rest(
    app: Flask, environ: dict[str, str], server: Script, step: str, committed: int
) -> None:
    settings = {**os.environ, **environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, CRASHING, step],
        env=settings,
        cwd=Path(environ["QUOTAS_FILE"]).parent,
        check=False,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert len(outbox(app)) == committed
    assert deliver(app) == 0
    assert sorted(to for to, _ in server.accepted) == ALL


def test_kills_at_random_moments_neither_lose_nor_double_a_report(
    app: Flask, environ: dict[str, str], server: Script, tmp_path: Path
) -> None:
    log, settings = tmp_path / "log", {**environ, "PYTHONPATH": str(ROOT)}
    kills = 4
    for kill in range(kills):
        most = random.randint(0, len(ALL) * (kill + 1) // (kills + 1))  # noqa: S311 - no secret
        with process(log, *DELIVER, **settings) as running:
            poll(partial(has_mails, app, most), "no mail is queued", TIMEOUT_SECONDS)
            running.kill()
        free_leases(app)
    with process(log, *DELIVER, **settings):
        poll(lambda: is_done(app), "not all are sent", TIMEOUT_SECONDS)
    # A kill may have come after a 250 that was not committed: the same mail again.
    counts = Counter(to for to, _ in set(server.accepted))
    assert counts == Counter(ALL)
    assert len(server.accepted) <= len(ALL) + kills


def test_a_report_waits_for_prometheus(
    environ: dict[str, str], app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usage_reports, "PATIENCE", usage_reports.PATIENCE * 20)
    away = create_app(environ | {"PROMETHEUS_URL": "http://127.0.0.1:9"})
    assert deliver(away) == 0
    assert outbox(app) == []
    assert deliver(app) == 0
    assert len(outbox(app)) == len(ALL)
    away.extensions["store"].close()


@pytest.mark.parametrize("url", ["", "http://127.0.0.1:9"])
def test_a_report_says_that_figures_are_missing_when_it_has_waited_long_enough(
    environ: dict[str, str], url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usage_reports, "PATIENCE", usage_reports.PATIENCE * 0)
    away = create_app(environ | {"PROMETHEUS_URL": url})
    assert deliver(away) == 0
    first, *_ = contents(away)
    assert first["Subject"] == f"[report] The figures are missing, {LAST.title}"
    assert len(outbox(away)) == len(ALL)
    away.extensions["store"].close()


def test_a_prometheus_that_hangs_delays_no_other_mail_and_no_end(
    app: Flask, environ: dict[str, str], server: Script, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        settings = {**environ, "PYTHONPATH": str(ROOT), "PROMETHEUS_URL": url}
        with process(log, *DELIVER, **settings) as running:
            # The question has arrived, and nobody answers it.
            silent.settimeout(TIMEOUT_SECONDS)
            asked, _ = silent.accept()
            post(app, usage("team"))
            server.wait_for(1, TIMEOUT_SECONDS)
            running.terminate()
            assert running.wait(STOP_SECONDS) == 0, log.read_text()
            asked.close()
    assert states(app) == ["sent"]
