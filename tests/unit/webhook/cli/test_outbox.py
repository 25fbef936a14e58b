from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import select, update

from tests.unit.webhook.client import get_notifications, post, read_metrics
from tests.unit.webhook.samples import usage
from webhook.store.database import Store
from webhook.store.sending.claims import claim
from webhook.store.tables import envelopes, topics


def run(app: Flask, *arguments: str) -> Any:
    return app.test_cli_runner().invoke(args=["outbox", *arguments])


def set_state(store: Store, state: str, mail_id: int, **values: Any) -> None:
    with store.writing() as connection:
        which = update(envelopes).where(envelopes.c.mail_id == mail_id)
        connection.execute(which.values(state=state, settled_at=datetime.now(UTC), **values))


def test_mails_are_listed_and_shown(app: Flask, store: Store) -> None:
    post(app, usage())
    set_state(store, "failed", 1, answer="550 no such user")
    listed = run(app, "list").output
    assert "bun@example.com  [90 %] bun-egress: 450.2 GB of 500 GB used" in listed
    assert "550 no such user" in listed
    assert "boss" not in run(app, "list", "--state", "failed").output
    shown = run(app, "show", "1").output
    assert "answer:      550 no such user" in shown
    assert "Message-ID: <" in shown
    assert run(app, "show", "99").exit_code == 1


def test_failed_and_expired_mails_can_be_queued_again(app: Flask, store: Store) -> None:
    post(app, usage())
    set_state(store, "failed", 1)
    set_state(store, "expired", 2)
    assert run(app, "retry").exit_code == 2
    assert run(app, "retry", "1").output == "mails queued: 1\n"
    assert run(app, "retry", "--failed").output == "mails queued: 1\n"
    assert read_metrics(app)["webhook_outbox_mails", "queued"] == 2
    set_state(store, "sent", 1)
    assert run(app, "retry", "1").output == "mails queued: 0\n"


def test_a_waiting_mail_can_be_withheld_unless_a_process_is_sending_it(
    app: Flask, store: Store
) -> None:
    post(app, usage())
    assert run(app, "withhold").exit_code == 2
    assert run(app, "withhold", "1").output == "mails withheld: 1\n"
    now = datetime.now(UTC)
    with store.writing() as connection:
        [claimed] = claim(connection, "me", now, now + timedelta(minutes=5), 10)
    assert claimed.mail_id == 2
    assert run(app, "withhold", "1", "2").output == "mails withheld: 0\n"
    with store.writing() as connection:
        connection.execute(update(envelopes).values(leased_until=now - timedelta(minutes=1)))
    assert run(app, "withhold", "1", "2").output == "mails withheld: 1\n"
    assert "withheld by hand" in run(app, "list", "--state", "failed").output
    assert run(app, "retry", "1").output == "mails queued: 1\n"


def test_old_settled_mails_are_removed_and_their_recipients_are_not_notified_again(
    app: Flask, store: Store
) -> None:
    post(app, usage())
    set_state(store, "sent", 1)
    assert run(app, "purge").output == "mails removed: 0\n"
    assert run(app, "purge", "--days", "0").output == "mails removed: 1\n"
    assert [mail["id"] for mail in get_notifications(app).get_json()["notifications"]] == [2]
    post(app, usage())
    assert len(get_notifications(app).get_json()["notifications"]) == 1


def test_topics_are_removed_with_their_mail(app: Flask, store: Store) -> None:
    post(app, usage())
    set_state(store, "sent", 1)
    run(app, "purge", "--days", "0")
    with store.reading() as connection:
        assert connection.execute(select(topics.c.mail_id)).scalars().all() == [2]
