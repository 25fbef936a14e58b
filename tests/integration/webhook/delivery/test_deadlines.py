"""Servers whose answers never end, and processes that have to stop while they wait for one."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.integration.support.polling import poll
from tests.integration.support.scripted_smtp import (
    CUT,
    DRIP,
    ENDLESS,
    HANG,
    THINK,
    Script,
    scripted,
)
from tests.integration.support.webhook_app import (
    ROOT,
    application,
    deliver,
    hurry,
    make_environ,
    outbox,
    post,
    states,
    usage,
)
from webhook.delivery import smtp

A, B, C = "a@example.com", "b@example.com", "c@example.com"
# A container is killed ten seconds after SIGTERM.
STOP_SECONDS = 9


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPEN_SECONDS", "SEND_SECONDS", "FINAL_SECONDS", "CLOSE_SECONDS"):
        monkeypatch.setattr(smtp, name, 0.4)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("what", [DRIP, ENDLESS])
@pytest.mark.parametrize("at", ["connect", "ehlo", "mail", "rcpt", "data"])
def test_an_answer_that_never_ends_is_given_up_before_the_server_has_the_mail(
    tmp_path: Path, at: str, what: str
) -> None:
    with scripted({at: [what]}) as server, application(tmp_path, server.port) as app:
        post(app, usage("three"))
        began = time.monotonic()
        deliver(app)
        assert time.monotonic() - began < 5
        hurry(app)
        assert deliver(app) == 0
        assert states(app) == ["sent"] * 3
        assert sorted(to for to, _ in server.accepted) == [A, B, C]


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("what", [DRIP, ENDLESS, CUT])
def test_an_answer_to_a_mail_that_has_no_end_is_none(tmp_path: Path, what: str) -> None:
    with scripted({"dot": [what]}) as server, application(tmp_path, server.port) as app:
        post(app, usage("three"))
        assert deliver(app) == 0
        assert states(app) == ["queued", "sent", "sent"]
        assert "no answer after the mail" in outbox(app)[0][3]


@pytest.mark.usefixtures("impatient")
def test_a_goodbye_that_never_ends_is_given_up(tmp_path: Path) -> None:
    with scripted({"quit": [DRIP]}) as server, application(tmp_path, server.port) as app:
        post(app, usage("three"))
        began = time.monotonic()
        assert deliver(app) == 0
        assert time.monotonic() - began < 5
        assert states(app) == ["sent"] * 3


@contextmanager
def dripping_tls() -> Iterator[int]:
    """Run a server whose TLS handshake never ends. Give its port."""
    stop = threading.Event()

    def serve(listener: socket.socket) -> None:
        with suppress(OSError):
            connection, _ = listener.accept()
            with connection:
                # The head of a large handshake record, whose content comes byte by byte.
                connection.sendall(b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc\x03\x03")
                while not stop.wait(0.05):
                    connection.sendall(b"\0")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            stop.set()
            listener.close()
            thread.join(20)


@pytest.mark.usefixtures("impatient")
def test_a_tls_handshake_that_never_ends_is_given_up(tmp_path: Path) -> None:
    with dripping_tls() as port, application(tmp_path, port, MAIL_USE_SSL="true") as app:
        post(app, usage("three"))
        began = time.monotonic()
        assert deliver(app) == 1
        assert time.monotonic() - began < 5
        assert [row[1:3] for row in outbox(app)] == [("queued", 0)] * 3


@contextmanager
def delivering(environ: dict[str, str]) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a delivery process."""
    process = subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "webhook", "deliver"],
        env={**os.environ, **environ, "PYTHONPATH": str(ROOT)},
        cwd=Path(environ["QUOTAS_FILE"]).parent,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait(20)


def stop(process: "subprocess.Popen[bytes]") -> float:
    """Ask a process to stop. Return how many seconds that took."""
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    return time.monotonic() - began


@pytest.mark.parametrize("what", [HANG, DRIP, ENDLESS])
@pytest.mark.parametrize("at", ["connect", "ehlo", "rcpt"])
def test_a_process_stops_at_once_while_the_server_does_not_have_the_mail(
    tmp_path: Path, at: str, what: str
) -> None:
    with scripted({at: [what]}) as server, application(tmp_path, server.port) as app:
        post(app, usage("three"))
        with delivering(make_environ(tmp_path, MAIL_PORT=str(server.port))) as process:
            poll(lambda: is_used(server, at), "the server is not asked")
            assert stop(process) < STOP_SECONDS / 2
        assert [row[1:3] for row in outbox(app)] == [("queued", 0)] * 3


def is_used(server: Script, at: str) -> bool:
    return server.connections > 0 and not server.steps[at]


def test_a_process_stops_in_time_while_the_server_has_the_mail_and_says_nothing(
    tmp_path: Path,
) -> None:
    with scripted({"dot": [THINK]}) as server, application(tmp_path, server.port) as app:
        post(app, usage("three"))
        with delivering(make_environ(tmp_path, MAIL_PORT=str(server.port))) as process:
            poll(server.thinking.is_set, "no mail came")
            assert stop(process) < STOP_SECONDS
        assert sorted(states(app)) == ["queued"] * 3
        server.go_on.set()
        hurry(app)
        assert deliver(app) == 0
        # The server had accepted the first mail, which it gets again with the same Message-ID.
        assert len(server.accepted) == 4
        assert len(set(server.accepted)) == 3
