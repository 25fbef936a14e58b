from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, update

from tests.unit.webhook.client import get_notifications, post
from tests.unit.webhook.samples import forecast, pipeline, usage
from webhook.store import tables
from webhook.store.database import Store
from webhook.store.tables import envelopes


def ids(app: Flask, query: str = "") -> list[int]:
    return [mail["id"] for mail in get_notifications(app, query).get_json()["notifications"]]


def topics(app: Flask, query: str = "") -> list[list[dict[str, Any]]]:
    return [mail["topics"] for mail in get_notifications(app, query).get_json()["notifications"]]


def test_a_request_without_the_token_is_answered_401(app: Flask) -> None:
    response = app.test_client().get("/notifications")
    assert response.status_code == 401
    assert response.content_type == "application/problem+json"


def test_mails_are_listed_newest_first_and_can_be_filtered(app: Flask, store: Store) -> None:
    post(app, usage())
    post(app, usage(quota="shared", limit_bytes=10**12))
    with store.writing() as connection:
        first = update(envelopes).where(envelopes.c.mail_id == 1)
        answer = {"state": "failed", "answer": "550 no such user"}
        connection.execute(first.values(settled_at=datetime.now(UTC), **answer))
    everything = get_notifications(app).get_json()
    assert [mail["id"] for mail in everything["notifications"]] == [3, 2, 1]
    assert everything["next"] is None
    assert everything["notifications"][0]["quota"] == "shared"
    assert "content" not in everything["notifications"][0]
    for query, expected in (
        ("quota=bun-egress", [2, 1]),
        ("state=failed", [1]),
        ("recipient=boss@example.com", [2]),
        ("quota=bun-egress&state=queued", [2]),
        ("quota=none", []),
    ):
        assert ids(app, query) == expected
    [failed] = get_notifications(app, "state=failed").get_json()["notifications"]
    assert failed["answer"] == "550 no such user"


def test_each_mail_has_the_topics_that_it_is_about(app: Flask) -> None:
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


def test_a_topic_has_the_kind_of_its_event_and_no_period_for_a_rolling_window(app: Flask) -> None:
    post(app, forecast())
    post(app, usage(quota="roll", period="", calendar="rolling:30d"))
    found = [(topic["kind"], topic["threshold"], topic["period"]) for [topic] in topics(app)]
    assert found == [
        ("usage", 90.0, None),
        ("forecast", 100.0, "202611"),
        ("forecast", 100.0, "202611"),
    ]


def test_a_mail_about_several_quotas_is_found_by_each_and_shows_only_matching_topics(
    app: Flask,
) -> None:
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


def test_a_mail_of_a_version_without_topics_is_found_only_by_its_quota(
    app: Flask, store: Store
) -> None:
    post(app, usage())
    with store.writing() as connection:
        connection.execute(delete(tables.topics))
    assert topics(app, "quota=bun-egress") == [[], []]
    assert topics(app, "quota=bun-egress&consumer=") == []


def test_a_mail_shows_at_most_its_first_hundred_topics(app: Flask) -> None:
    post(app, *(usage(quota="each", consumer=f"c{number}") for number in range(150)))
    assert len(topics(app)[0]) == 100
    assert topics(app, "consumer=c149")[0][0]["selector"] == {"consumer": "c149"}


def test_long_and_unusual_names_are_distinguished(app: Flask) -> None:
    long = "x" * 1_000
    post(app, *(usage(quota="each", consumer=name) for name in (f"{long}a", f"{long}b", "ä\0")))
    assert [len(found) for found in topics(app, f"consumer={long}b")] == [1]
    assert len(topics(app)[0]) == 3


def test_mails_come_in_pages(app: Flask) -> None:
    for number in range(5):
        post(app, usage(quota=f"q{number}"))
    seen, before = [], ""
    while True:
        page = get_notifications(app, f"limit=2{before}").get_json()
        seen += [mail["id"] for mail in page["notifications"]]
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
        "limit=1_0",
        "limit=%2B5",
        "limit=+5",
        "limit=05",
        "limit=%D9%A3",
        "limit=5%0A",
        "before=1_000",
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
    response = get_notifications(app, query)
    assert response.status_code == 400
    assert response.content_type == "application/problem+json"
