"""The store in real databases: simultaneous requests and migrations; locked, full and down."""

import json
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, insert, select, text

from tests.integration.support import postgres
from tests.integration.support.databases import database
from tests.integration.support.webhook_app import (
    AUTHORIZATION,
    make_environ,
    notifications,
    outbox,
    post,
    run_all,
    usage,
)
from webhook import create_app
from webhook.store.database import Store
from webhook.store.tables import HEAD, mails, topics
from webhook.store.upgrade import SchemaError, make_config


@pytest.fixture
def app(tmp_path: Path, database_url: str) -> Iterator[Flask]:
    app = create_app(make_environ(tmp_path, database_url))
    yield app
    app.extensions["store"].close()


def test_simultaneous_requests_with_the_same_alerts_notify_once(app: Flask) -> None:
    """A pair of Alertmanagers posts the same alerts, which several threads handle at once."""
    alerts = [usage("three", threshold) for threshold in (80, 90, 100)]
    answers: list[int] = []

    def work(number: int) -> None:
        mine = (alerts[number % 3], usage(consumer=f"c{number}"))
        answers.extend(post(app, *mine).status_code for _ in range(5))

    run_all(8, work)
    assert set(answers) == {200}
    mails = Counter(recipient for recipient, *_ in outbox(app))
    # 80, 90 and 100 % at most once each, and each consumer of the other quota once.
    assert all(1 <= mails[f"{name}@example.com"] <= 3 for name in "abc")
    assert mails["bun@example.com"] == mails["boss@example.com"] == 8


def test_simultaneous_starts_create_the_tables_once(database_url: str) -> None:
    stores = [Store(database_url) for _ in range(6)]
    run_all(6, lambda number: stores[number].prepare())
    with stores[0].reading() as connection:
        found = connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all()
    assert found == [HEAD]
    for store in stores:
        store.close()


@pytest.mark.parametrize("version", ["0001", "0002"])
def test_an_upgrade_of_the_tables_keeps_the_mails(
    tmp_path: Path, database_url: str, version: str
) -> None:
    old = Store(database_url)
    with old.engine.begin() as connection:
        config = make_config()
        config.attributes["connection"] = connection
        command.upgrade(config, version)
        connection.execute(
            insert(mails).values(
                message_id="<1@x>", quota="three", subject="[90 %] three", content=b"text"
            )
        )
        connection.execute(
            text(
                "INSERT INTO envelopes (mail_id, recipient, state, priority, attempts, queued_at,"
                " due_at, answer) VALUES (1, 'a@example.com', 'queued', 1, 0,"
                " '2026-11-24 13:00:00', '2026-11-24 13:00:00', '')"
            )
        )
    old.close()
    app = create_app(make_environ(tmp_path, database_url))
    assert post(app, usage("three", consumer="acme")).status_code == 200
    assert [mail["topics"] for mail in notifications(app, quota="three")][-1] == []
    [*new] = notifications(app, quota="three", consumer="acme")
    assert [mail["topics"][0]["selector"] for mail in new] == [{"consumer": "acme"}] * 3
    assert len(outbox(app)) == 4
    app.extensions["store"].close()


def test_each_of_many_topics_of_a_mail_is_found(app: Flask) -> None:
    post(app, *(usage("three", consumer=f"c{number}\udcff") for number in range(2_000)))
    found = notifications(app, quota="three", service="", consumer="c1999\\udcff")
    assert [len(mail["topics"]) for mail in found] == [1, 1, 1]
    assert [len(mail["topics"]) for mail in notifications(app)] == [100, 100, 100]
    with app.extensions["store"].writing() as connection:
        connection.execute(delete(mails))
        assert connection.execute(select(func.count()).select_from(topics)).scalar() == 0


def test_a_database_of_a_newer_version_stops_the_start(
    tmp_path: Path, app: Flask, database_url: str
) -> None:
    with app.extensions["store"].writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SchemaError, match="run the newer program"):
        create_app(make_environ(tmp_path, database_url))


def test_a_database_without_an_encoding_stores_any_text(tmp_path: Path, postgres_url: str) -> None:
    """A server that was set up in the locale C has SQL_ASCII and converts nothing."""
    like = "TEMPLATE template0 ENCODING 'SQL_ASCII'"
    with database("postgresql", tmp_path, postgres_url, like) as url:
        app = create_app(make_environ(tmp_path, url))
        assert post(app, usage(consumer="café 日本")).status_code == 200
        [topic, *_] = [topic for mail in notifications(app) for topic in mail["topics"]]
        assert topic["selector"]["consumer"] == "café 日本"
        app.extensions["store"].close()


def test_sqlite_runs_with_a_write_ahead_log_and_full_sync(tmp_path: Path) -> None:
    app = create_app(make_environ(tmp_path))
    with app.extensions["store"].reading() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    app.extensions["store"].close()


def test_a_restored_backup_runs_with_a_write_ahead_log(
    tmp_path: Path,
) -> None:
    create_app(make_environ(tmp_path)).extensions["store"].close()
    outbox, copy = tmp_path / "outbox.db", tmp_path / "copy.db"
    with closing(sqlite3.connect(outbox)) as connection:
        connection.execute("VACUUM INTO ?", (str(copy),))
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    copy.replace(outbox)
    app = create_app(make_environ(tmp_path))
    with app.extensions["store"].reading() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    app.extensions["store"].close()


def test_a_full_disk_is_answered_503_and_nothing_is_lost_or_repeated(tmp_path: Path) -> None:
    app = create_app(make_environ(tmp_path))
    store: Store = app.extensions["store"]
    post(app, usage(consumer="first"))
    pages = sqlite3.connect(tmp_path / "outbox.db").execute("PRAGMA page_count").fetchone()[0]
    with store.engine.connect() as connection:
        # This applies to the connection, which the pool gives to the next request.
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
    statuses = {post(app, usage(consumer=f"c{number}")).status_code for number in range(20)}
    assert 503 in statuses
    assert statuses <= {200, 503}
    store.close()
    for number in range(20):
        assert post(app, usage(consumer=f"c{number}")).status_code == 200
    assert len(outbox(app)) == 2 * 21
    store.close()


def test_an_unreachable_database_server_is_answered_503(tmp_path: Path) -> None:
    with postgres.running() as url:
        app = create_app(make_environ(tmp_path, url))
        assert post(app).status_code == 200
    began = time.monotonic()
    assert post(app, usage("three")).status_code == 503
    assert time.monotonic() - began < 15
    # The webhook also starts without its database.
    late = create_app(make_environ(tmp_path, url))
    assert post(late).status_code == 503
    assert late.test_client().get("/readyz").status_code == 503
    for application in (app, late):
        application.extensions["store"].close()


any_text = st.text(st.characters(exclude_categories=()), max_size=40)
any_map = st.dictionaries(
    st.sampled_from(["alertname", "quota", "threshold", "period", "calendar", "limit_bytes"])
    | any_text,
    st.sampled_from(["BandwidthQuotaUsage", "three", "90", "202611", "rolling:30d", "500"])
    | any_text,
    max_size=8,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    alerts=st.lists(
        st.fixed_dictionaries(
            {"status": st.sampled_from(["firing", "resolved"]), "labels": any_map},
            optional={
                "annotations": any_map,
                "startsAt": any_text | st.datetimes().map(lambda time: f"{time.isoformat()}Z"),
                "fingerprint": any_text | st.none(),
                "generatorURL": any_text,
            },
        ),
        max_size=4,
    ),
    truncated=st.integers(0, 10**9) | st.none(),
)
def test_no_payload_is_answered_500_on_either_database(
    app: Flask, alerts: list[dict[str, Any]], truncated: int | None
) -> None:
    body = {"version": "4", "alerts": alerts, "truncatedAlerts": truncated, "groupKey": "\ud800"}
    response = app.test_client().post(
        "/alerts", data=json.dumps(body), content_type="application/json", headers=AUTHORIZATION
    )
    assert response.status_code == 200, response.text
