"""Metrics, notifications and the commands on the outbox."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import delete, select, update

from tests.unit.webhook.samples import TOKEN, forecast, pipeline, usage
from webhook import create_app
from webhook.alerts.payload import Alert
from webhook.store import tables
from webhook.store.counters import count_attempt, count_delivery
from webhook.store.database import Store
from webhook.store.outbox import claim
from webhook.store.tables import envelopes

AUTHORIZATION = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def app(environ: dict[str, str]) -> Iterator[Flask]:
    app = create_app(environ)
    yield app
    app.extensions["store"].close()


def post(app: Flask, *alerts: Alert) -> None:
    body = {
        "version": "4",
        "alerts": [
            {
                "status": alert.status,
                "labels": dict(alert.labels),
                "annotations": dict(alert.annotations),
            }
            for alert in alerts
        ],
    }
    assert app.test_client().post("/alerts", json=body, headers=AUTHORIZATION).status_code == 200


def samples(app: Flask) -> dict[tuple[str, ...], float]:
    text = app.test_client().get("/metrics").text
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def command(app: Flask, *arguments: str) -> Any:
    return app.test_cli_runner().invoke(args=["outbox", *arguments])


def set_state(store: Store, state: str, mail_id: int, **values: Any) -> None:
    with store.writing() as connection:
        which = update(envelopes).where(envelopes.c.mail_id == mail_id)
        connection.execute(which.values(state=state, settled_at=datetime.now(UTC), **values))


def test_metrics_count_requests_alerts_mails_and_attempts(app: Flask, store: Store) -> None:
    post(app, usage(), pipeline(name="QuotaPipelineWatchdog"))
    post(app, usage())
    app.test_client().post("/alerts", json={}, headers=AUTHORIZATION)
    with store.writing() as connection:
        count_attempt(connection, "sent")
        count_attempt(connection, "sent")
        count_delivery(connection, timedelta(seconds=3))
        count_delivery(connection, timedelta(days=9))
    found = samples(app)
    assert found["webhook_requests_total", "200"] == 2
    assert found["webhook_requests_total", "400"] == 1
    assert found["webhook_alerts_total", "new"] == 1
    assert found["webhook_alerts_total", "known"] == 1
    assert found["webhook_alerts_total", "untold"] == 1
    assert found["webhook_outbox_mails", "queued"] == 2
    assert found["webhook_outbox_mails", "failed"] == 0
    assert found["webhook_smtp_attempts_total", "sent"] == 2
    assert found["webhook_smtp_attempts_total", "failed"] == 0
    assert found["webhook_delivery_seconds_bucket", "1"] == 0
    assert found["webhook_delivery_seconds_bucket", "5"] == 1
    assert found["webhook_delivery_seconds_bucket", "+Inf"] == 2
    assert found["webhook_delivery_seconds_count",] == 2
    assert found["webhook_watchdog_seen_timestamp_seconds",] > 1.7e9
    assert found["webhook_watchdog_silent",] == 0
    assert found["webhook_delivery_held",] == 0
    assert 0 <= found["webhook_outbox_oldest_seconds",] < 60
    assert found["webhook_request_seconds_count",] == 3


def test_notifications_want_the_token(app: Flask) -> None:
    response = app.test_client().get("/notifications")
    assert response.status_code == 401
    assert response.content_type == "application/problem+json"


def ask(app: Flask, query: str = "") -> Any:
    return app.test_client().get(f"/notifications?{query}", headers=AUTHORIZATION)


def test_notifications_are_listed_newest_first_and_filtered(app: Flask, store: Store) -> None:
    post(app, usage())
    post(app, usage(quota="shared", limit_bytes=10**12))
    set_state(store, "failed", 1, answer="550 no such user")
    everything = ask(app).get_json()
    assert [entry["id"] for entry in everything["notifications"]] == [3, 2, 1]
    assert everything["next"] is None
    assert everything["notifications"][0]["quota"] == "shared"
    assert "content" not in everything["notifications"][0]
    for query, ids in (
        ("quota=bun-egress", [2, 1]),
        ("state=failed", [1]),
        ("recipient=boss@example.com", [2]),
        ("quota=bun-egress&state=queued", [2]),
        ("quota=none", []),
    ):
        assert [entry["id"] for entry in ask(app, query).get_json()["notifications"]] == ids
    assert ask(app, "state=failed").get_json()["notifications"][0]["answer"] == "550 no such user"


def topics(app: Flask, query: str = "") -> list[list[dict[str, Any]]]:
    return [mail["topics"] for mail in ask(app, query).get_json()["notifications"]]


def test_each_notification_says_what_it_tells_of(app: Flask) -> None:
    post(app, usage(quota="shared", consumer="a", calendar="month"))
    assert topics(app) == [
        [
            {
                "quota": "shared",
                "selector": {"consumer": "a"},
                "kind": "usage",
                "threshold": 90.0,
                "calendar": "month",
                "period": "202611",
            }
        ]
    ]
    post(app, pipeline())
    assert topics(app)[0] == []


def test_what_is_expected_and_what_is_over_are_told_apart(app: Flask) -> None:
    post(app, forecast())
    rolling = usage(quota="roll", period="", calendar="rolling:30d")
    post(app, rolling)
    told = [(topic["kind"], topic["threshold"], topic["period"]) for [topic] in topics(app)]
    assert told == [
        ("usage", 90.0, None),
        ("forecast", 100.0, "202611"),
        ("forecast", 100.0, "202611"),
    ]


def test_a_mail_about_several_is_found_by_each_and_shows_that_one_alone(app: Flask) -> None:
    post(
        app,
        usage(quota="each", consumer="a", service="s"),
        usage(quota="each", consumer="b"),
        usage(quota="each"),
        usage(quota="other", consumer="a"),
    )
    for query, expected in (
        ("", 4),
        ("quota=each", 3),
        ("quota=other", 1),
        ("quota=each&consumer=a", 1),
        ("quota=each&consumer=", 1),
        ("quota=each&service=&route=&consumer=b&workspace=&direction=", 1),
        ("consumer=a", 2),
    ):
        [found] = topics(app, query)
        assert len(found) == expected, query
    for query in ("quota=none", "quota=each&consumer=a&service=", "quota=other&consumer=b"):
        assert topics(app, query) == [], query


def test_a_mail_from_before_there_were_topics_is_found_by_its_quota_alone(
    app: Flask, store: Store
) -> None:
    post(app, usage())
    with store.writing() as connection:
        connection.execute(delete(tables.topics))
    assert topics(app, "quota=bun-egress") == [[], []]
    assert topics(app, "quota=bun-egress&consumer=") == []


def test_of_a_mail_about_very_many_the_first_topics_are_shown(app: Flask) -> None:
    post(app, *(usage(quota="each", consumer=f"c{number}") for number in range(150)))
    assert len(topics(app)[0]) == 100
    assert topics(app, "consumer=c149")[0][0]["selector"] == {"consumer": "c149"}


def test_long_and_odd_names_stay_apart(app: Flask) -> None:
    long = "x" * 1_000
    post(app, *(usage(quota="each", consumer=name) for name in (f"{long}a", f"{long}b", "ä\0")))
    assert [len(found) for found in topics(app, f"consumer={long}b")] == [1]
    assert len(topics(app)[0]) == 3


def test_topics_go_with_their_mail(app: Flask, store: Store) -> None:
    post(app, usage())
    set_state(store, "sent", 1)
    command(app, "purge", "--days", "0")
    with store.reading() as connection:
        assert connection.execute(select(tables.topics.c.mail_id)).scalars().all() == [2]


def test_notifications_come_in_pages(app: Flask) -> None:
    for number in range(5):
        post(app, usage(quota=f"q{number}"))
    seen, before = [], ""
    while True:
        page = ask(app, f"limit=2{before}").get_json()
        seen += [entry["id"] for entry in page["notifications"]]
        if page["next"] is None:
            break
        before = f"&before={page['next']}"
    assert seen == [5, 4, 3, 2, 1]


@pytest.mark.parametrize(
    "query",
    [
        "state=lost",
        "limit=0",
        "limit=501",
        "before=x",
        "other=1",
        "quota=",
        "quota=a&quota=b",
        "quota=%00",
        "consumer=a&consumer=b",
        "type=egress",
        "before=9999999999999999999999",
    ],
)
def test_a_wrong_query_is_answered_400(app: Flask, query: str) -> None:
    response = ask(app, query)
    assert response.status_code == 400
    assert response.content_type == "application/problem+json"


def test_the_outbox_is_listed_and_shown(app: Flask, store: Store) -> None:
    post(app, usage())
    set_state(store, "failed", 1, answer="550 no such user")
    listed = command(app, "list").output
    assert "bun@example.com  [90 %] bun-egress: 450.2 GB of 500 GB used" in listed
    assert "550 no such user" in listed
    assert "boss" not in command(app, "list", "--state", "failed").output
    shown = command(app, "show", "1").output
    assert "answer:      550 no such user" in shown
    assert "Message-ID: <" in shown
    assert command(app, "show", "99").exit_code == 1


def test_what_failed_can_be_sent_again(app: Flask, store: Store) -> None:
    post(app, usage())
    set_state(store, "failed", 1)
    set_state(store, "expired", 2)
    assert command(app, "retry").exit_code == 2
    assert command(app, "retry", "1").output == "1 mails are queued\n"
    assert command(app, "retry", "--failed").output == "1 mails are queued\n"
    assert samples(app)["webhook_outbox_mails", "queued"] == 2
    set_state(store, "sent", 1)
    assert command(app, "retry", "1").output == "0 mails are queued\n"


def test_what_waits_can_be_kept_from_being_sent(app: Flask, store: Store) -> None:
    post(app, usage())
    assert command(app, "withhold").exit_code == 2
    assert command(app, "withhold", "1").output == "1 mails will not be sent\n"
    now = datetime.now(UTC)
    with store.writing() as connection:
        [claimed] = claim(connection, "me", now, now + timedelta(minutes=5), 10)
    assert claimed.mail_id == 2
    # The other one is in somebody's hands.
    assert command(app, "withhold", "1", "2").output == "0 mails will not be sent\n"
    with store.writing() as connection:
        connection.execute(update(envelopes).values(leased_until=now - timedelta(minutes=1)))
    assert command(app, "withhold", "1", "2").output == "1 mails will not be sent\n"
    assert "withheld by hand" in command(app, "list", "--state", "failed").output
    assert command(app, "retry", "1").output == "1 mails are queued\n"


def test_old_mails_are_removed_and_what_waits_is_not(app: Flask, store: Store) -> None:
    post(app, usage())
    set_state(store, "sent", 1)
    assert command(app, "purge").output == "0 mails are removed\n"
    assert command(app, "purge", "--days", "0").output == "1 mails are removed\n"
    assert [entry["id"] for entry in ask(app).get_json()["notifications"]] == [2]
    # Who was told stays told.
    post(app, usage())
    assert len(ask(app).get_json()["notifications"]) == 1
