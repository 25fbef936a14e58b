"""Delivery to real SMTP servers: the mail sink, aiosmtpd with TLS and AUTH, and a scripted one."""

import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from flask import Flask

from local.sink.refusals import Refusal
from local.sink.server import Sink, running
from tests.integration.support.scripted_smtp import (
    CLOSE,
    HANG,
    make_certificate,
    scripted,
    server_context,
)
from tests.integration.support.webhook_app import (
    QUOTAS,
    deliver,
    hurry,
    make_environ,
    outbox,
    post,
    states,
    usage,
)
from webhook import create_app
from webhook.delivery import smtp
from webhook.store.status import HELD, get_facts

A, B, C = "a@example.com", "b@example.com", "c@example.com"


@pytest.fixture
def sink() -> Iterator[Sink]:
    with running() as sink:
        yield sink


@contextmanager
def application(folder: Path, port: int, **settings: str) -> Iterator[Flask]:
    app = create_app(make_environ(folder, MAIL_PORT=str(port), **settings))
    try:
        yield app
    finally:
        app.extensions["store"].close()


@pytest.fixture
def app(tmp_path: Path, sink: Sink) -> Iterator[Flask]:
    with application(tmp_path, sink.smtp_port) as app:
        yield app


def held(app: Flask) -> str:
    with app.extensions["store"].reading() as connection:
        fact = get_facts(connection).get(HELD)
    return fact.value if fact else ""


def test_text_and_html_arrive_at_each_recipient(app: Flask, sink: Sink) -> None:
    assert post(app).status_code == 200
    assert sink.mailbox.mails() == ()
    assert deliver(app) == 0
    mails = sink.mailbox.wait_for(2)
    assert {mail.envelope_to for mail in mails} == {("bun@example.com",), ("boss@example.com",)}
    for mail in mails:
        assert mail.subject == "[90 %] bun-egress: 450.2 GB of 500 GB used, November 2026"
        assert mail.sender == "Gateway quotas <quotas@example.com>"
        assert mail.envelope_from == "quotas@example.com"
        assert mail.to == mail.envelope_to[0]
        assert mail.message_id.endswith("@example.com>")
        assert "450,199,999,980 bytes" in mail.text
        assert "450,199,999,980 bytes" in mail.html
        assert b"Auto-Submitted: auto-generated\r\n" in mail.raw
        assert b"\r\nReferences: <" in mail.raw


def test_a_pipeline_alert_goes_to_the_default_recipients_and_so_does_its_end(
    app: Flask, sink: Sink
) -> None:
    for status in ("firing", "resolved"):
        alert = usage()
        labels = {"alertname": "GatewayScrapeFailing", "instance": "kong:8100"}
        assert post(app, alert | {"labels": labels, "status": status}).status_code == 200
    deliver(app)
    mails = sink.mailbox.wait_for(2)
    assert [mail.envelope_to for mail in mails] == [("ops@example.com",)] * 2
    assert [mail.subject for mail in mails] == [
        "[firing] GatewayScrapeFailing: Look",
        "[resolved] GatewayScrapeFailing: Look",
    ]


def test_while_smtp_is_down_nothing_is_lost(tmp_path: Path) -> None:
    with running() as gone:
        port = gone.smtp_port
    with application(tmp_path, port) as app:
        assert post(app).status_code == 200
        assert deliver(app) == 1
        assert [(state, attempts) for _, state, attempts, _ in outbox(app)] == [("queued", 0)] * 2
        with running(smtp_port=port) as sink:
            assert deliver(app) == 0
            assert len(sink.mailbox.wait_for(2)) == 2


def test_new_recipients_are_used_without_a_restart(app: Flask, sink: Sink, tmp_path: Path) -> None:
    changed = QUOTAS.replace("[bun@example.com, boss@example.com]", "[night@example.com]")
    (tmp_path / "quotas.yaml").write_text(changed)
    assert post(app).status_code == 200
    deliver(app)
    assert [mail.to for mail in sink.mailbox.wait_for(1)] == ["night@example.com"]


@pytest.mark.parametrize("at", ["rcpt", "data"])
def test_a_refusal_of_one_of_three_is_theirs_alone(app: Flask, sink: Sink, at: Any) -> None:
    sink.refusals.put(Refusal(B, 550, at=at))
    post(app, usage("three"))
    assert deliver(app) == 0
    assert [mail.to for mail in sink.mailbox.wait_for(2)] == [A, C]
    assert [row[:3] for row in outbox(app)] == [(A, "sent", 1), (B, "failed", 1), (C, "sent", 1)]
    assert outbox(app)[1][3].startswith("550 ")
    hurry(app)
    assert deliver(app) == 0
    assert len(sink.mailbox.mails()) == 2


@pytest.mark.parametrize("code", [421, 450, 451, 452])
@pytest.mark.parametrize("at", ["mail", "rcpt", "data", "dot"])
def test_a_temporary_failure_is_tried_again_and_nothing_comes_twice(
    tmp_path: Path, at: str, code: int
) -> None:
    with scripted({at: [f"{code} later"]}) as server, application(tmp_path, server.port) as app:
        post(app, usage("three"))
        for _ in range(3):
            deliver(app)
            hurry(app)
        assert states(app) == ["sent"] * 3
        assert sorted(to for to, _ in server.accepted) == [A, B, C]


def test_421_between_two_mails_reconnects_at_once(tmp_path: Path) -> None:
    with scripted() as server, application(tmp_path, server.port) as app:
        server.steps["rset"] = ["250 ok"]
        post(app, usage("three"))
        # The first mail is accepted; the second is answered 421, over a connection that was used.
        server.steps["mail"] = ["250 ok", "421 enough for this connection"]
        assert deliver(app) == 0
        assert server.connections == 2
        assert [(row[1], row[2]) for row in outbox(app)] == [("sent", 1)] * 3


@pytest.mark.parametrize("what", [HANG, CLOSE])
@pytest.mark.parametrize("at", ["connect", "ehlo", "mail", "rcpt", "data"])
def test_a_server_that_falls_silent_or_goes_away_is_given_up_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: str, what: str
) -> None:
    monkeypatch.setattr(smtp, "CONNECT_SECONDS", 0.3)
    monkeypatch.setattr(smtp, "COMMAND_SECONDS", 0.3)
    # HELO is tried after an EHLO that was refused, not after one that got no answer.
    with scripted({at: [what]}) as server, application(tmp_path, server.port) as app:
        post(app, usage("three"))
        began = time.monotonic()
        assert deliver(app) == 1
        assert time.monotonic() - began < 5
        hurry(app)
        assert deliver(app) == 0
        assert states(app) == ["sent"] * 3
        assert sorted(to for to, _ in server.accepted) == [A, B, C]


@pytest.mark.parametrize("what", [HANG, CLOSE])
def test_no_answer_after_the_mail_is_tried_again_with_the_same_message_id(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    monkeypatch.setattr(smtp, "FINAL_SECONDS", 0.3)
    with scripted({"dot": [what]}) as server, application(tmp_path, server.port) as app:
        post(app, usage("three"))
        assert deliver(app) == 0
        assert states(app) == ["queued", "sent", "sent"]
        assert "no answer after the mail" in outbox(app)[0][3]
        hurry(app)
        deliver(app)
        assert [len(server.ids(to)) for to in (A, B, C)] == [1, 1, 1]


@pytest.mark.parametrize("what", [HANG, CLOSE])
def test_a_failure_of_quit_is_none_of_the_mail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    monkeypatch.setattr(smtp, "CONNECT_SECONDS", 0.3)
    with scripted({"quit": [what]}) as server, application(tmp_path, server.port) as app:
        post(app, usage("three"))
        assert deliver(app) == 0
        assert states(app) == ["sent"] * 3


def test_a_sender_that_is_refused_holds_the_queue(tmp_path: Path) -> None:
    steps = {"mail": ["550 not you", "550 not you"]}
    with scripted(steps) as server, application(tmp_path, server.port) as app:
        post(app, usage("three"))
        assert deliver(app) == 1
        assert deliver(app) == 1
        assert [(row[1], row[2]) for row in outbox(app)] == [("queued", 0)] * 3
        assert held(app) == "the sender was refused: 550 not you"
        assert deliver(app) == 0
        assert held(app) == ""
        assert states(app) == ["sent"] * 3


@pytest.mark.parametrize("variable", ["MAIL_USE_TLS", "MAIL_USE_SSL"])
def test_a_server_without_tls_gets_no_mail_if_tls_is_asked_for(
    tmp_path: Path, sink: Sink, variable: str
) -> None:
    with application(tmp_path, sink.smtp_port, **{variable: "true"}) as app:
        post(app)
        assert deliver(app) == 1
        assert sink.mailbox.mails() == ()
        assert [(row[1], row[2]) for row in outbox(app)] == [("queued", 0)] * 2
        assert "TLS" in held(app)


def test_a_server_whose_name_cannot_be_costs_nothing(tmp_path: Path) -> None:
    settings = {"MAIL_SERVER": "smtp..example.com", "MAIL_ALLOW_PLAINTEXT": "true"}
    with application(tmp_path, 25, **settings) as app:
        post(app)
        assert deliver(app) == 1
        assert states(app) == ["queued"] * 2


@pytest.mark.parametrize("host", ["other.example.com", "untrusted"])
@pytest.mark.parametrize("variable", ["MAIL_USE_TLS", "MAIL_USE_SSL"])
def test_a_wrong_certificate_holds_the_queue_until_it_is_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str, variable: str
) -> None:
    if host == "untrusted":
        wrong = server_context(tmp_path, "localhost", "wrong")
    else:
        wrong = server_context(tmp_path, host, "wrong")
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "wrong.pem"))
    settings = {"MAIL_SERVER": "localhost", variable: "true"}
    implicit = variable == "MAIL_USE_SSL"
    with (
        mail_server(wrong, implicit=implicit) as (port, box),
        application(tmp_path, port, **settings) as app,
    ):
        post(app)
        assert deliver(app) == 1
        assert "certificate" in held(app)
        assert [(row[1], row[2]) for row in outbox(app)] == [("queued", 0)] * 2
        assert box == []
    right = server_context(tmp_path, "localhost", "right")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "right.pem"))
    with (
        mail_server(right, implicit=implicit, port=port) as (_, box),
        application(tmp_path, port, **settings) as app,
    ):
        assert deliver(app) == 0
        assert len(box) == 2
        assert held(app) == ""


def test_a_wrong_password_holds_the_queue_until_it_is_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = server_context(tmp_path, "localhost")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "server.pem"))
    settings = {"MAIL_SERVER": "localhost", "MAIL_USE_TLS": "true", "MAIL_USERNAME": "me"}
    with mail_server(context, password="right") as (port, box):
        with application(tmp_path, port, **settings, MAIL_PASSWORD="wrong") as app:
            post(app)
            assert deliver(app) == 1
            assert "the login failed" in held(app)
            assert "wrong" not in held(app)
            assert [(row[1], row[2]) for row in outbox(app)] == [("queued", 0)] * 2
        with application(tmp_path, port, **settings, MAIL_PASSWORD="right") as app:
            assert deliver(app) == 0
        assert len(box) == 2


class Box:
    """What aiosmtpd calls: it keeps the recipients of each mail."""

    def __init__(self) -> None:
        self.kept: list[list[str]] = []

    async def handle_DATA(  # noqa: N802 - the name is aiosmtpd's
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Keep a mail."""
        self.kept.append(envelope.rcpt_tos)
        return "250 kept"


class QuietController(Controller):
    """A server that does not talk to itself first: it would not trust its own certificate."""

    def _trigger_server(self) -> None:
        socket.create_connection((self.hostname, self.port)).close()


@contextmanager
def mail_server(
    context: ssl.SSLContext, *, implicit: bool = False, password: str = "", port: int = 0
) -> Iterator[tuple[int, list[list[str]]]]:
    """Run aiosmtpd with TLS, and with a login where there is a password."""

    def authenticate(*arguments: Any) -> AuthResult:
        given = arguments[-1]
        right: bool = given.password == password.encode()
        return AuthResult(success=right, handled=right)

    options: dict[str, Any] = {"ssl_context": context} if implicit else {"tls_context": context}
    if password:
        options |= {"authenticator": authenticate, "auth_required": True}
    box = Box()
    chosen = port or free()
    controller = QuietController(
        box, hostname="127.0.0.1", port=chosen, server_hostname="localhost", **options
    )
    controller.start()
    try:
        yield chosen, box.kept
    finally:
        controller.stop()


def free() -> int:
    with running() as sink:
        return sink.smtp_port


def test_certificates_can_be_made(tmp_path: Path) -> None:
    certificate, key = make_certificate(tmp_path, "localhost")
    assert certificate.read_text().startswith("-----BEGIN CERTIFICATE")
    assert "PRIVATE KEY" in key.read_text()
