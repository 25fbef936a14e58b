from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError

from tests.unit.webhook.samples import NOW
from webhook import create_app
from webhook.mail.message import Mail
from webhook.store.database import Store, StoreError
from webhook.store.outbox import add_mails
from webhook.store.status import DELIVERER, HELD, WATCHDOG, put_fact
from webhook.views.health import look

AWAKE = NOW - timedelta(days=1)


@pytest.fixture
def client(environ: dict[str, str]) -> Any:
    app = create_app(environ)
    yield app.test_client()
    app.extensions["store"].close()


def facts(store: Store, **at: datetime) -> None:
    with store.writing() as connection:
        for name, time in at.items():
            put_fact(connection, name, time, "a reason")


def failing(store: Store) -> set[str]:
    return {name for name, check in look(store, NOW, AWAKE).items() if not check.ok}


def test_all_is_well_while_watchdog_and_delivery_are_there(store: Store) -> None:
    facts(store, **{WATCHDOG: NOW, DELIVERER: NOW})
    assert failing(store) == set()


def test_a_watchdog_that_stays_away_is_said_with_its_time(store: Store) -> None:
    facts(store, **{WATCHDOG: NOW - timedelta(minutes=6), DELIVERER: NOW})
    assert failing(store) == {"watchdog"}
    assert look(store, NOW, AWAKE)["watchdog"].detail == (
        "has not come since 24 November 2026, 13:31 UTC"
    )


def test_a_delivery_that_is_held_is_said_with_its_reason(store: Store) -> None:
    facts(store, **{WATCHDOG: NOW, DELIVERER: NOW, HELD: NOW})
    assert failing(store) == {"delivery"}
    assert "13:37 UTC: a reason" in look(store, NOW, AWAKE)["delivery"].detail


def test_a_delivery_process_that_is_not_there_is_said(store: Store) -> None:
    facts(store, **{WATCHDOG: NOW, DELIVERER: NOW - timedelta(minutes=3)})
    assert failing(store) == {"delivery"}


def test_a_mail_that_waits_for_an_hour_is_said(store: Store) -> None:
    facts(store, **{WATCHDOG: NOW, DELIVERER: NOW})
    with store.writing() as connection:
        add_mails(connection, [Mail("a@x", "s", "<1@x>", b"")], NOW - timedelta(seconds=3601))
    assert failing(store) == {"queue"}
    assert "3601 s" in look(store, NOW, AWAKE)["queue"].detail


def test_who_was_just_started_waits_for_the_others(store: Store) -> None:
    assert all(check.ok for check in look(store, NOW, NOW).values())


def test_a_store_that_cannot_be_read_fails_all(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise OperationalError("SELECT", {}, OSError("gone"))

    monkeypatch.setattr("webhook.views.health.get_facts", fail)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert not any(check["ok"] for check in response.get_json()["checks"].values())
    assert client.get("/healthz").status_code == 200


def test_one_check_can_be_asked_for(client: FlaskClient, store: Store) -> None:
    facts(store, **{HELD: datetime.now(UTC)})
    assert client.get("/readyz").status_code == 503
    assert client.get("/readyz/store").status_code == 200
    assert client.get("/readyz/delivery").status_code == 503
    assert client.get("/readyz/other").status_code == 404


def test_an_error_of_the_store_is_one(store: Store) -> None:
    def work() -> None:
        with store.reading() as connection:
            connection.exec_driver_sql("PRAGMA query_only=ON")
            connection.exec_driver_sql("INSERT INTO facts VALUES ('a', 'b', 'c')")

    with pytest.raises(StoreError, match="readonly"):
        work()
