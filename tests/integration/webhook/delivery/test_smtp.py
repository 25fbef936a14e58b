"""Delivery to real SMTP servers: the mail sink, and a scripted one that fails at each step."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from local.sink.refusals import Refusal
from local.sink.server import Sink, running
from quotas.watched_file import QUIET_SECONDS
from tests.integration.support.scripted_smtp import CLOSE, HANG, scripted
from tests.integration.support.webhook_app import (
    QUOTAS,
    application,
    deliver,
    hold_reason,
    hurry,
    outbox,
    post,
    states,
    usage,
)
from webhook.delivery import handshake, smtp

A, B, C = "a@example.com", "b@example.com", "c@example.com"


@pytest.fixture
def sink() -> Iterator[Sink]:
    with running() as sink:
        yield sink


@pytest.fixture
def app(tmp_path: Path, sink: Sink) -> Iterator[Flask]:
    with application(tmp_path, sink.smtp_port) as app:
        yield app


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


def test_the_default_recipients_get_a_pipeline_alert_and_its_end(app: Flask, sink: Sink) -> None:
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


def test_nothing_is_lost_while_the_server_is_down(tmp_path: Path) -> None:
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
    path = tmp_path / "quotas.yaml"
    path.write_text(changed)
    written_at = time.time() - QUIET_SECONDS
    os.utime(path, (written_at, written_at))
    assert post(app).status_code == 200
    deliver(app)
    assert [mail.to for mail in sink.mailbox.wait_for(1)] == ["night@example.com"]


def test_a_quotas_yaml_that_is_half_written_sends_no_mail_to_others(
    app: Flask, sink: Sink, tmp_path: Path
) -> None:
    with (tmp_path / "quotas.yaml").open("w") as file:
        head, _, rest = QUOTAS.partition("  - {name: bun-egress")
        # So far it is valid, but the quota is missing.
        file.write(head + rest[rest.index("\n") + 1 :])
        file.flush()
        assert post(app).status_code == 200
    deliver(app)
    assert {mail.to for mail in sink.mailbox.wait_for(2)} == {"bun@example.com", "boss@example.com"}


@pytest.mark.parametrize("at", ["rcpt", "data"])
def test_a_refusal_of_one_recipient_fails_only_their_mail(app: Flask, sink: Sink, at: Any) -> None:
    sink.refusals.put(Refusal(B, 550, at=at))
    post(app, usage("three"))
    assert deliver(app) == 0
    assert [mail.to for mail in sink.mailbox.wait_for(2)] == [A, C]
    assert [row[:3] for row in outbox(app)] == [(A, "sent", 1), (B, "failed", 1), (C, "sent", 1)]
    assert outbox(app)[1][3].startswith("550 ")
    hurry(app)
    assert deliver(app) == 0
    # The last one is about the mail that failed.
    assert [mail.to for mail in sink.mailbox.mails()] == [A, C, "ops@example.com"]


@pytest.mark.parametrize("code", [421, 450, 451, 452])
@pytest.mark.parametrize("at", ["mail", "rcpt", "data", "dot"])
def test_a_temporary_failure_is_retried_and_no_mail_arrives_twice(
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
        # The first mail is accepted. The second is answered 421 over the same connection.
        server.steps["mail"] = ["250 ok", "421 enough for this connection"]
        assert deliver(app) == 0
        assert server.connections == 2
        assert [(row[1], row[2]) for row in outbox(app)] == [("sent", 1)] * 3


@pytest.mark.parametrize("what", [HANG, CLOSE])
@pytest.mark.parametrize("at", ["connect", "ehlo", "mail", "rcpt", "data"])
def test_a_server_that_hangs_or_closes_is_given_up_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: str, what: str
) -> None:
    monkeypatch.setattr(handshake, "CONNECT_SECONDS", 0.3)
    monkeypatch.setattr(handshake, "COMMAND_SECONDS", 0.3)
    # smtplib tries HELO only if EHLO was refused, not if it was not answered.
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
def test_a_mail_without_an_answer_is_retried_with_the_same_message_id(
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
def test_a_failure_of_quit_does_not_fail_the_mail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    monkeypatch.setattr(handshake, "CONNECT_SECONDS", 0.3)
    with scripted({"quit": [what]}) as server, application(tmp_path, server.port) as app:
        post(app, usage("three"))
        assert deliver(app) == 0
        assert states(app) == ["sent"] * 3


def test_a_refused_sender_holds_the_queue(tmp_path: Path) -> None:
    steps = {"mail": ["550 not you", "550 not you"]}
    with scripted(steps) as server, application(tmp_path, server.port) as app:
        post(app, usage("three"))
        assert deliver(app) == 1
        assert deliver(app) == 1
        assert [(row[1], row[2]) for row in outbox(app)] == [("queued", 0)] * 3
        assert hold_reason(app) == "the sender was refused: 550 not you"
        assert deliver(app) == 0
        assert hold_reason(app) == ""
        assert states(app) == ["sent"] * 3


def test_an_impossible_server_name_leaves_the_mails_queued(tmp_path: Path) -> None:
    settings = {"MAIL_SERVER": "smtp..example.com", "MAIL_ALLOW_PLAINTEXT": "true"}
    with application(tmp_path, 25, **settings) as app:
        post(app)
        assert deliver(app) == 1
        assert states(app) == ["queued"] * 2
