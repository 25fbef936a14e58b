"""Servers that refuse mails with 5xx: whose fault it is decides what becomes of the mails."""

from pathlib import Path

import pytest

from tests.integration.support.scripted_smtp import Script, scripted
from tests.integration.support.webhook_app import (
    application,
    deliver,
    hold_reason,
    hurry,
    outbox,
    post,
    states,
    usage,
)

A, B, C = "a@example.com", "b@example.com", "c@example.com"
LIMIT = "550-5.4.5 Daily user sending limit exceeded.\r\n550 5.4.5 Try again tomorrow"


def refuse_all(server: Script, at: str, answer: str) -> None:
    server.steps[at] = [answer] * 100


@pytest.mark.parametrize(
    ("at", "answer"),
    [
        ("rcpt", "554 relay access denied"),
        ("rcpt", "554 5.7.1 relay access denied"),
        ("rcpt", "550 5.7.60 client does not have permissions to send as this sender"),
        ("data", "554 5.5.1 no valid recipients"),
        ("dot", "550 5.7.26 this mail is unauthenticated"),
        ("dot", LIMIT),
    ],
)
def test_a_server_that_refuses_everybody_holds_the_queue_and_nothing_fails(
    tmp_path: Path, at: str, answer: str
) -> None:
    with scripted() as server, application(tmp_path, server.port) as app:
        refuse_all(server, at, answer)
        post(app, usage("three"))
        for _ in range(3):
            assert deliver(app) == 1
            hurry(app)
        assert [row[1:3] for row in outbox(app)] == [("queued", 0)] * 3
        assert "refuses different recipients alike" in hold_reason(app)
        answered = app.test_client().get("/readyz/delivery")
        assert answered.status_code == 503
        assert answer[:3] in answered.get_json()["checks"]["delivery"]["detail"]
        server.steps.clear()
        assert deliver(app) == 0
        assert states(app) == ["sent"] * 3
        assert app.test_client().get("/readyz/delivery").status_code == 200
        assert sorted(to for to, _ in server.accepted) == [A, B, C]


@pytest.mark.parametrize("answer", ["550 5.1.1 no such user", "550 no such user", "553 who"])
def test_a_recipient_who_is_refused_while_others_are_not_fails(tmp_path: Path, answer: str) -> None:
    steps = {f"rcpt {A}": [answer]}
    with scripted(steps) as server, application(tmp_path, server.port) as app:
        post(app, usage("three"))
        assert deliver(app) == 0
        assert [row[1:3] for row in outbox(app)] == [("failed", 1), ("sent", 1), ("sent", 1)]
        assert hold_reason(app) == ""


def test_a_policy_against_one_recipient_delays_only_that_mail(tmp_path: Path) -> None:
    with scripted() as server, application(tmp_path, server.port) as app:
        refuse_all(server, f"rcpt {A}", "554 5.7.1 you are blocked")
        post(app, usage("three"))
        for _ in range(3):
            assert deliver(app) == 0
            hurry(app)
        assert [row[1:3] for row in outbox(app)] == [("queued", 3), ("sent", 1), ("sent", 1)]


def test_the_default_recipients_get_one_mail_about_a_mail_that_failed(tmp_path: Path) -> None:
    steps = {f"rcpt {A}": ["550 5.1.1 no such user"]}
    with scripted(steps) as server, application(tmp_path, server.port) as app:
        assert app.test_client().get("/readyz/undelivered").status_code == 200
        post(app, usage("three"))
        for _ in range(3):
            assert deliver(app) == 0
        assert sorted(to for to, _ in server.accepted) == [B, C, "ops@example.com"]
        assert app.test_client().get("/readyz/undelivered").status_code == 503
        run = app.test_cli_runner().invoke
        assert run(args=["outbox", "retry", "--failed"]).output == "mails queued: 1\n"
        assert deliver(app) == 0
        assert [to for to, _ in server.accepted].count(A) == 1
        assert app.test_client().get("/readyz/undelivered").status_code == 200


def test_a_report_to_a_recipient_who_is_refused_too_leads_to_no_other(tmp_path: Path) -> None:
    steps = {f"rcpt {to}": ["550 5.1.1 no such user"] for to in (A, "ops@example.com")}
    with scripted(steps) as server, application(tmp_path, server.port) as app:
        post(app, usage("three"))
        for _ in range(3):
            assert deliver(app) == 0
        assert states(app) == ["failed", "sent", "sent", "failed"]
