"""The webhook with a real SMTP server: over the test client, and under gunicorn."""

import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

import pytest
import requests
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

import webhook.smtp
from local.sink.refusals import Refusal
from local.sink.server import Sink, running
from webhook import create_app

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "a-token-for-tests"
AUTHORIZATION = {"Authorization": f"Bearer {TOKEN}"}
TIMEOUT_SECONDS = 20
QUOTAS = """\
version: 1
defaults:
  notify: [ops@example.com]
quotas:
  - {name: bun-egress, service: bun, limit: 500 GB, notify: [bun@example.com, boss@example.com]}
"""


def payload(name: str = "BandwidthQuotaUsage", status: str = "firing") -> dict[str, Any]:
    labels = {"alertname": name, "quota": "bun-egress", "threshold": "90", "period": "202611"}
    annotations = {"used_bytes": "450200000000", "limit_bytes": "500000000000", "summary": "Look"}
    alert = {"status": status, "labels": labels, "annotations": annotations}
    return {"version": "4", "groupKey": "group", "alerts": [alert]}


@pytest.fixture
def sink() -> Iterator[Sink]:
    with running() as sink:
        yield sink


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "quotas.yaml").write_text(QUOTAS)
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    return {
        "QUOTAS_FILE": str(tmp_path / "quotas.yaml"),
        "WEBHOOK_TOKEN_FILE": str(tmp_path / "token"),
        "MAIL_SERVER": "127.0.0.1",
        "MAIL_DEFAULT_SENDER": "Gateway quotas <quotas@example.com>",
    }


@pytest.fixture
def client(environ: dict[str, str], sink: Sink) -> FlaskClient:
    return create_app(environ | {"MAIL_PORT": str(sink.smtp_port)}).test_client()


def post(client: FlaskClient, **options: Any) -> TestResponse:
    return client.post("/alerts", json=payload(**options), headers=AUTHORIZATION)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def test_text_and_html_arrive_at_each_recipient(client: FlaskClient, sink: Sink) -> None:
    assert post(client).status_code == 200
    mails = sink.mailbox.wait_for(2)
    assert {mail.envelope_to for mail in mails} == {("bun@example.com",), ("boss@example.com",)}
    for mail in mails:
        assert mail.subject == "[90 %] bun-egress: 450.2 GB of 500 GB used, November 2026"
        assert mail.sender == "Gateway quotas <quotas@example.com>"
        assert mail.envelope_from == "quotas@example.com"
        assert mail.to == mail.envelope_to[0]
        assert mail.message_id.endswith("@example.com>")
        assert "450,200,000,000 bytes" in mail.text
        assert "450,200,000,000 bytes" in mail.html
        assert b"Auto-Submitted: auto-generated\r\n" in mail.raw


def test_a_pipeline_alert_goes_to_the_default_recipients_and_so_does_its_end(
    client: FlaskClient, sink: Sink
) -> None:
    for status in ("firing", "resolved"):
        assert post(client, name="GatewayScrapeFailing", status=status).status_code == 200
    mails = sink.mailbox.wait_for(2)
    assert [mail.envelope_to for mail in mails] == [("ops@example.com",)] * 2
    assert [mail.subject for mail in mails] == [
        "[firing] GatewayScrapeFailing: Look",
        "[resolved] GatewayScrapeFailing: Look",
    ]


def test_a_wrong_token_mails_nothing(client: FlaskClient, sink: Sink) -> None:
    wrong = {"Authorization": "Bearer wrong"}
    assert client.post("/alerts", json=payload(), headers=wrong).status_code == 401
    assert sink.mailbox.mails() == ()


def test_while_smtp_is_down_the_answer_is_503_and_a_later_try_mails(
    environ: dict[str, str],
) -> None:
    port = free_port()
    client = create_app(environ | {"MAIL_PORT": str(port)}).test_client()
    response = post(client)
    assert response.status_code == 503
    assert response.content_type == "application/problem+json"
    with running(smtp_port=port) as sink:
        assert post(client).status_code == 200
        assert len(sink.mailbox.wait_for(2)) == 2


def test_a_temporary_refusal_of_one_is_503_and_the_other_has_its_mail(
    client: FlaskClient, sink: Sink
) -> None:
    sink.refusals.put(Refusal("bun@example.com", 450, times=1))
    assert post(client).status_code == 503
    assert [mail.to for mail in sink.mailbox.mails()] == ["boss@example.com"]
    assert post(client).json == {"alerts": 1, "mails": 2, "refused": 0}
    again = [mail.message_id for mail in sink.mailbox.mails() if mail.to == "boss@example.com"]
    assert len(again) == 2
    assert len(set(again)) == 1


@pytest.mark.parametrize("at", ["rcpt", "data"])
def test_a_permanent_refusal_of_one_is_200_and_the_other_has_its_mail(
    client: FlaskClient, sink: Sink, at: Any
) -> None:
    sink.refusals.put(Refusal("bun@example.com", 550, at=at))
    assert post(client).json == {"alerts": 1, "mails": 1, "refused": 1}
    assert [mail.to for mail in sink.mailbox.mails()] == ["boss@example.com"]


def test_new_recipients_are_used_without_a_restart(
    client: FlaskClient, sink: Sink, environ: dict[str, str]
) -> None:
    changed = QUOTAS.replace("[bun@example.com, boss@example.com]", "[night@example.com]")
    Path(environ["QUOTAS_FILE"]).write_text(changed)
    assert post(client).status_code == 200
    assert [mail.to for mail in sink.mailbox.wait_for(1)] == ["night@example.com"]


def test_a_server_that_has_no_tls_gets_no_mail_if_tls_is_asked_for(
    environ: dict[str, str], sink: Sink
) -> None:
    for variable in ("MAIL_USE_TLS", "MAIL_USE_SSL"):
        settings = {"MAIL_PORT": str(sink.smtp_port), variable: "true"}
        assert post(create_app(environ | settings).test_client()).status_code == 503
    assert sink.mailbox.mails() == ()


def test_a_server_whose_name_cannot_be_is_503(environ: dict[str, str]) -> None:
    settings = {"MAIL_SERVER": "smtp..example.com", "MAIL_ALLOW_PLAINTEXT": "true"}
    assert post(create_app(environ | settings).test_client()).status_code == 503


class ScriptedServer:
    """An SMTP server that says what it is told, one answer a line, and hangs after the last."""

    def __init__(self, *answers: str) -> None:
        self._answers = answers
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(TIMEOUT_SECONDS)
        self._listener.close()

    def _serve(self) -> None:
        connection, _ = self._listener.accept()
        with connection, connection.makefile("rb") as lines:
            for answer in self._answers:
                connection.sendall(f"{answer}\r\n".encode())
                self._read_command(lines, ended_by=b".\r\n" if answer.startswith("354") else b"\n")
            self._stop.wait(TIMEOUT_SECONDS)

    @staticmethod
    def _read_command(lines: Any, ended_by: bytes) -> None:
        while not (line := lines.readline()).endswith(ended_by) or (
            ended_by == b".\r\n" and line != ended_by
        ):
            if not line:
                return


def test_a_server_that_falls_silent_is_given_up(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook.smtp, "COMMAND_SECONDS", 0.3)
    with ScriptedServer("220 hello") as server:
        client = create_app(environ | {"MAIL_PORT": str(server.port)}).test_client()
        began = time.monotonic()
        assert post(client).status_code == 503
        assert time.monotonic() - began < 10


def test_a_server_that_says_nothing_at_all_is_given_up(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook.smtp, "CONNECT_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        client = create_app(environ | {"MAIL_PORT": str(port)}).test_client()
        assert post(client).status_code == 503


def test_a_failure_of_quit_is_none_of_the_mail(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook.smtp, "COMMAND_SECONDS", 0.3)
    accepted = ("250 ok", "250 ok", "354 go on", "250 accepted")
    # EHLO, then twice MAIL, RCPT, DATA and the mail; QUIT gets no answer.
    with ScriptedServer("220 hello", "250 ok", *accepted, *accepted) as server:
        client = create_app(environ | {"MAIL_PORT": str(server.port)}).test_client()
        assert post(client).json == {"alerts": 1, "mails": 2, "refused": 0}


@pytest.fixture
def gunicorn(environ: dict[str, str], sink: Sink, tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """Run the webhook as it is deployed; return its address and its log."""
    port = free_port()
    log = tmp_path / "log"
    command = [
        *(sys.executable, "-m", "gunicorn", "--threads=4", f"--bind=127.0.0.1:{port}"),
        "webhook:create_app()",
    ]
    variables = environ | {"MAIL_PORT": str(sink.smtp_port), "PYTHONPATH": str(ROOT)}
    with (
        log.open("w") as output,
        subprocess.Popen(command, env=variables, stderr=output, cwd=tmp_path) as process,
    ):
        try:
            poll(lambda: answers(f"http://127.0.0.1:{port}/healthz"), log)
            yield f"http://127.0.0.1:{port}", log
        finally:
            process.terminate()
            process.wait(TIMEOUT_SECONDS)


def answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=TIMEOUT_SECONDS).ok
    except requests.ConnectionError:
        return False


def poll(is_true: Callable[[], bool], log: Path) -> None:
    end = time.monotonic() + TIMEOUT_SECONDS
    while not is_true():
        assert time.monotonic() < end, log.read_text()
        time.sleep(0.05)


def test_under_gunicorn_an_alert_is_mailed_and_logged(
    gunicorn: tuple[str, Path], sink: Sink
) -> None:
    url, log = gunicorn
    response = requests.post(
        f"{url}/alerts", json=payload(), headers=AUTHORIZATION, timeout=TIMEOUT_SECONDS
    )
    assert response.json() == {"alerts": 1, "mails": 2, "refused": 0}
    assert len(sink.mailbox.wait_for(2)) == 2
    logged = log.read_text()
    assert re.search(r"request=\w+ group='group' alerts=1 truncated=0 mails=2", logged)
    assert re.search(r"quota='bun-egress' threshold='90' period='202611'", logged)
    assert len(re.findall(r"mail=<\w+@example.com> to=\w+@example.com sent", logged)) == 2
    assert TOKEN not in logged


def test_under_gunicorn_a_body_that_is_too_large_is_answered_413(
    gunicorn: tuple[str, Path],
) -> None:
    url, _ = gunicorn
    too_large = b" " * (11 * 1024 * 1024)
    headers = AUTHORIZATION | {"Content-Type": "application/json"}
    response = requests.post(
        f"{url}/alerts", data=too_large, headers=headers, timeout=TIMEOUT_SECONDS
    )
    assert response.status_code == 413
    assert response.headers["Content-Type"] == "application/problem+json"


def test_under_gunicorn_a_wrong_setting_ends_the_start_and_names_it(
    environ: dict[str, str], tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "gunicorn", "--bind=127.0.0.1:0", "webhook:create_app()"],
        env=environ | {"MAIL_PORT": "smtp", "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        check=False,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
    )
    assert done.returncode != 0
    assert 'MAIL_PORT: "smtp" is not a port; write a number from 1 to 65535' in done.stderr
