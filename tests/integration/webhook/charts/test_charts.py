"""Charts in mails: read from a real Prometheus, sent by real processes, never waited for."""

import io
import os
import random
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import partial
from pathlib import Path

import pytest
from flask import Flask
from PIL import Image

from tests.integration.support.polling import poll
from tests.integration.support.scripted_smtp import Script
from tests.integration.support.webhook_app import (
    ROOT,
    deliver,
    free_leases,
    post,
    states,
    usage,
)
from tests.integration.support.webhook_process import process
from tests.integration.webhook.charts.conftest import LAST
from webhook.mail.charts.drawing import HEIGHT, WIDTH

RECIPIENTS = ["a@example.com", "b@example.com", "c@example.com"]
DELIVER = (sys.executable, "-m", "flask", "--app", "webhook", "deliver")
CRASHING = ROOT / "tests" / "integration" / "support" / "crashing.py"
TIMEOUT_SECONDS = 60
# How long a container may take to stop.
STOP_SECONDS = 10


def post_usage(app: Flask, threshold: int = 90) -> None:
    post(app, usage("three", threshold, period=str(LAST.id)))


def pictures_of(content: bytes) -> dict[str, bytes]:
    """Return the pictures of a mail by the addresses under which its HTML shows them."""
    message = message_from_bytes(content, _class=EmailMessage, policy=policy.default)
    return {
        f"cid:{part['Content-ID'].strip('<>')}": part.get_content()
        for part in message.walk()
        if part.get_content_type() == "image/png"
    }


def html_of(content: bytes) -> str:
    message = message_from_bytes(content, _class=EmailMessage, policy=policy.default)
    part = message.get_body(("html",))
    assert part is not None
    html: str = part.get_content()
    return html


def settings_of(environ: dict[str, str], **more: str) -> dict[str, str]:
    return {**environ, "PYTHONPATH": str(ROOT), **more}


def crash(environ: dict[str, str], step: str) -> None:
    done = subprocess.run(
        [sys.executable, CRASHING, step],
        env={**os.environ, **settings_of(environ)},
        cwd=Path(environ["QUOTAS_FILE"]).parent,
        check=False,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr


def is_sent(app: Flask, count: int) -> bool:
    return states(app) == ["sent"] * count


def deliver_all(app: Flask, count: int) -> None:
    """Deliver all mails, as the next process does after a crash."""
    free_leases(app)
    assert deliver(app) == 0
    assert is_sent(app, count)


def test_the_chart_comes_with_the_mail(
    app: Flask, environ: dict[str, str], server: Script, tmp_path: Path
) -> None:
    post_usage(app)
    with process(tmp_path / "log", *DELIVER, **settings_of(environ)):
        server.wait_for(3, TIMEOUT_SECONDS)
    for content in server.contents:
        pictures, html = pictures_of(content), html_of(content)
        assert len(pictures) == 2
        assert all(f'src="{address}"' in html for address in pictures)
        assert "Chart: three has used" in html.replace("\N{NO-BREAK SPACE}", " ")
        for png in pictures.values():
            with Image.open(io.BytesIO(png)) as image:
                assert image.size == (WIDTH, HEIGHT)
    # The light and the dark one, for all recipients.
    assert len({png for content in server.contents for png in pictures_of(content).values()}) == 2


@pytest.mark.parametrize("url", ["", "http://127.0.0.1:9"], ids=["not set", "away"])
def test_without_prometheus_the_mail_comes_without_a_chart(
    app: Flask, environ: dict[str, str], server: Script, tmp_path: Path, url: str
) -> None:
    post_usage(app)
    with process(tmp_path / "log", *DELIVER, **settings_of(environ, PROMETHEUS_URL=url)):
        server.wait_for(3, TIMEOUT_SECONDS)
    assert not any(map(pictures_of, server.contents))
    assert (tmp_path / "log").read_text().count("no charts for 60 s") == (1 if url else 0)


@pytest.fixture
def hanging() -> Iterator[socket.socket]:
    """Give a Prometheus that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as listener:
        yield listener


def test_no_mail_waits_for_a_prometheus_that_hangs(
    app: Flask,
    environ: dict[str, str],
    server: Script,
    tmp_path: Path,
    hanging: socket.socket,
) -> None:
    for threshold in range(50, 90):
        post_usage(app, threshold)
    url = f"http://127.0.0.1:{hanging.getsockname()[1]}"
    with process(tmp_path / "log", *DELIVER, **settings_of(environ, PROMETHEUS_URL=url)):
        server.wait_for(120, TIMEOUT_SECONDS)
        poll(lambda: is_sent(app, 120), "not all are sent")
        # It was asked once for all of them, and still hangs.
        hanging.settimeout(1)
        asked, _ = hanging.accept()
        with asked, pytest.raises(TimeoutError):
            hanging.accept()
    assert not any(map(pictures_of, server.contents))


def test_a_hanging_prometheus_does_not_keep_the_process_from_ending(
    app: Flask, environ: dict[str, str], tmp_path: Path, hanging: socket.socket
) -> None:
    post_usage(app)
    url = f"http://127.0.0.1:{hanging.getsockname()[1]}"
    with process(tmp_path / "log", *DELIVER, **settings_of(environ, PROMETHEUS_URL=url)) as running:
        hanging.settimeout(TIMEOUT_SECONDS)
        asked, _ = hanging.accept()
        with asked:
            running.terminate()
            assert running.wait(STOP_SECONDS) == 0
    # The next process draws the chart.
    assert states(app) == ["queued"] * 3


@pytest.mark.parametrize(
    ("step", "sent"), [("before charts", 0), ("claimed", 0), ("during data", 0), ("after 250", 1)]
)
def test_after_a_crash_a_mail_repeats_as_the_same_bytes(
    app: Flask, environ: dict[str, str], server: Script, step: str, sent: int
) -> None:
    post_usage(app)
    crash(environ, step)
    assert len(server.contents) == sent
    deliver_all(app, 3)
    assert len(server.contents) == 3 + sent
    assert len(set(server.contents)) == 3
    assert all(map(pictures_of, server.contents))


@pytest.mark.parametrize("url", ["", "http://127.0.0.1:9"], ids=["not set", "away"])
def test_a_mail_that_was_sent_without_a_chart_repeats_without_it(
    app: Flask, environ: dict[str, str], server: Script, url: str
) -> None:
    post_usage(app)
    crash(environ | {"PROMETHEUS_URL": url}, "after 250")
    assert len(server.contents) == 1
    deliver_all(app, 3)
    assert len(server.contents) == 4
    assert len(set(server.contents)) == 3


def test_kills_at_random_moments_repeat_only_the_same_bytes(
    app: Flask, environ: dict[str, str], server: Script, tmp_path: Path
) -> None:
    for threshold in range(70, 80):
        post_usage(app, threshold)
    kills = 4
    for kill in range(kills):
        most = random.randint(1, 30 * (kill + 1) // (kills + 1))  # noqa: S311 - no secret
        with process(tmp_path / "log", *DELIVER, **settings_of(environ)) as running:
            server.wait_for(most, TIMEOUT_SECONDS)
            running.kill()
        free_leases(app)
    with process(tmp_path / "log", *DELIVER, **settings_of(environ)):
        poll(partial(is_sent, app, 30), "not all are sent", TIMEOUT_SECONDS)
    assert {to for to, _ in server.accepted} == set(RECIPIENTS)
    assert len({message_id for _, message_id in server.accepted}) == 30
    assert len(set(server.contents)) == 30
