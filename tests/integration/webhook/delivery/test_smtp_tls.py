"""TLS and login at real SMTP servers: aiosmtpd, the mail sink, and a scripted one."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from local.sink.server import running
from local.stack.ports import free_ports
from tests.integration.support.scripted_smtp import make_certificate, scripted, server_context
from tests.integration.support.webhook_app import application, deliver, hold_reason, outbox, post


@pytest.mark.parametrize("variable", ["MAIL_USE_TLS", "MAIL_USE_SSL"])
def test_a_server_without_tls_gets_no_mail_if_tls_is_required(
    tmp_path: Path, variable: str
) -> None:
    with (
        running() as sink,
        application(tmp_path, sink.smtp_port, **{variable: "true"}) as app,
    ):
        post(app)
        assert deliver(app) == 1
        assert sink.mailbox.mails() == ()
        assert [(row[1], row[2]) for row in outbox(app)] == [("queued", 0)] * 2
        assert "TLS" in hold_reason(app)


@pytest.mark.parametrize("host", ["other.example.com", "untrusted"])
@pytest.mark.parametrize("variable", ["MAIL_USE_TLS", "MAIL_USE_SSL"])
def test_a_wrong_certificate_holds_the_queue_until_it_is_corrected(
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
        assert "certificate" in hold_reason(app)
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
        assert hold_reason(app) == ""


def test_a_wrong_password_holds_the_queue_until_it_is_corrected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = server_context(tmp_path, "localhost")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "server.pem"))
    settings = {"MAIL_SERVER": "localhost", "MAIL_USE_TLS": "true", "MAIL_USERNAME": "me"}
    with mail_server(context, password="right") as (port, box):
        with application(tmp_path, port, **settings, MAIL_PASSWORD="wrong") as app:
            post(app)
            assert deliver(app) == 1
            assert "the login failed" in hold_reason(app)
            assert "wrong" not in hold_reason(app)
            assert [(row[1], row[2]) for row in outbox(app)] == [("queued", 0)] * 2
        with application(tmp_path, port, **settings, MAIL_PASSWORD="right") as app:
            assert deliver(app) == 0
        assert len(box) == 2


@pytest.mark.parametrize("answer", ["250 sure", "501 no"])
def test_a_server_that_refuses_starttls_gets_no_mail_in_plain_text(
    tmp_path: Path, answer: str
) -> None:
    with scripted({"starttls": [answer]}) as server:
        server.tls = server_context(tmp_path, "localhost")
        with application(tmp_path, server.port, MAIL_USE_TLS="true") as app:
            post(app)
            assert deliver(app) == 1
            assert hold_reason(app) == f"STARTTLS was refused: {answer}"
        assert server.accepted == []


class Box:
    """The handler for aiosmtpd. It records the recipients of each mail."""

    def __init__(self) -> None:
        self.kept: list[list[str]] = []

    async def handle_DATA(  # noqa: N802 - the name is aiosmtpd's
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Record a mail."""
        self.kept.append(envelope.rcpt_tos)
        return "250 kept"


class QuietController(Controller):
    """A server that starts without a test connection, which would refuse its own certificate."""

    def _trigger_server(self) -> None:
        socket.create_connection((self.hostname, self.port)).close()


@contextmanager
def mail_server(
    context: ssl.SSLContext, *, implicit: bool = False, password: str = "", port: int = 0
) -> Iterator[tuple[int, list[list[str]]]]:
    """Run aiosmtpd with TLS, and with a login if there is a password. Give its port and mails."""

    def authenticate(*arguments: Any) -> AuthResult:
        given = arguments[-1]
        right: bool = given.password == password.encode()
        return AuthResult(success=right, handled=right)

    options: dict[str, Any] = {"ssl_context": context} if implicit else {"tls_context": context}
    if password:
        options |= {"authenticator": authenticate, "auth_required": True}
    box = Box()
    chosen = port or free_ports(1)[0]
    controller = QuietController(
        box, hostname="127.0.0.1", port=chosen, server_hostname="localhost", **options
    )
    controller.start()
    try:
        yield chosen, box.kept
    finally:
        controller.stop()


def test_make_certificate_returns_a_certificate_and_its_key(tmp_path: Path) -> None:
    certificate, key = make_certificate(tmp_path, "localhost")
    assert certificate.read_text().startswith("-----BEGIN CERTIFICATE")
    assert "PRIVATE KEY" in key.read_text()
