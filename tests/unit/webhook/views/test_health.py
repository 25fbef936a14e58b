from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update
from sqlalchemy.exc import OperationalError

from tests.unit.webhook.samples import NOW
from webhook.store.database import Store
from webhook.store.outbox import Mail, add_mails
from webhook.store.sending.undelivered import WITHHELD
from webhook.store.status import DELIVERER, HELD, WATCHDOG, set_status
from webhook.store.tables import envelopes
from webhook.views.health import check_all

OBSERVED_SINCE = NOW - timedelta(days=1)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def set_all(store: Store, **at: datetime) -> None:
    with store.writing() as connection:
        for name, time in at.items():
            set_status(connection, name, time, "a reason")


def failing(store: Store) -> set[str]:
    return {name for name, check in check_all(store, NOW, OBSERVED_SINCE).items() if not check.ok}


def test_all_checks_pass_while_watchdog_arrives_and_delivery_runs(store: Store) -> None:
    set_all(store, **{WATCHDOG: NOW, DELIVERER: NOW})
    assert failing(store) == set()


def test_a_missing_watchdog_fails_with_the_time_it_last_arrived(store: Store) -> None:
    set_all(store, **{WATCHDOG: NOW - timedelta(minutes=6), DELIVERER: NOW})
    assert failing(store) == {"watchdog"}
    assert check_all(store, NOW, OBSERVED_SINCE)["watchdog"].detail == (
        "has not come since 24 November 2026, 13:31 UTC"
    )


def test_held_delivery_fails_with_its_reason(store: Store) -> None:
    set_all(store, **{WATCHDOG: NOW, DELIVERER: NOW, HELD: NOW})
    assert failing(store) == {"delivery"}
    assert "13:37 UTC: a reason" in check_all(store, NOW, OBSERVED_SINCE)["delivery"].detail


def test_a_missing_delivery_process_fails(store: Store) -> None:
    set_all(store, **{WATCHDOG: NOW, DELIVERER: NOW - timedelta(minutes=3)})
    assert failing(store) == {"delivery"}


def test_a_mail_that_waits_for_an_hour_fails(store: Store) -> None:
    set_all(store, **{WATCHDOG: NOW, DELIVERER: NOW})
    with store.writing() as connection:
        add_mails(connection, [Mail("a@x", "s", "<1@x>", b"")], NOW - timedelta(seconds=3601))
    assert failing(store) == {"queue"}
    assert "3601 s" in check_all(store, NOW, OBSERVED_SINCE)["queue"].detail


def test_a_mail_that_a_clock_ahead_of_time_has_queued_has_not_waited(store: Store) -> None:
    set_all(store, **{WATCHDOG: NOW, DELIVERER: NOW})
    with store.writing() as connection:
        add_mails(connection, [Mail("a@x", "s", "<1@x>", b"")], NOW + timedelta(days=1))
    assert check_all(store, NOW, OBSERVED_SINCE)["queue"].detail == "the oldest mail waits for 0 s"


@pytest.mark.parametrize("state", ["failed", "expired"])
def test_a_mail_that_was_not_delivered_fails_for_a_day(store: Store, state: str) -> None:
    set_all(store, **{WATCHDOG: NOW, DELIVERER: NOW})
    with store.writing() as connection:
        add_mails(connection, [Mail("a@x", "s", "<1@x>", b"")], NOW)
        connection.execute(update(envelopes).values(state=state, settled_at=NOW))
    assert failing(store) == {"undelivered"}
    assert check_all(store, NOW, OBSERVED_SINCE)["undelivered"].detail == (
        "mails that failed or expired within a day: 1"
    )
    later = check_all(store, NOW + timedelta(days=1, seconds=1), OBSERVED_SINCE)
    assert later["undelivered"].ok
    with store.writing() as connection:
        connection.execute(update(envelopes).values(answer=WITHHELD))
    assert failing(store) == set()


def test_all_checks_pass_after_a_start_until_the_others_had_time(store: Store) -> None:
    assert all(check.ok for check in check_all(store, NOW, NOW).values())


def test_an_unreadable_store_fails_all_checks(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise OperationalError("SELECT", {}, OSError("gone"))

    monkeypatch.setattr("webhook.views.health.read_status", fail)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert not any(check["ok"] for check in response.get_json()["checks"].values())
    assert client.get("/healthz").status_code == 200


def test_one_check_can_be_requested_alone(client: FlaskClient, store: Store) -> None:
    set_all(store, **{HELD: datetime.now(UTC)})
    assert client.get("/readyz").status_code == 503
    assert client.get("/readyz/store").status_code == 200
    assert client.get("/readyz/delivery").status_code == 503
    assert client.get("/readyz/other").status_code == 404
