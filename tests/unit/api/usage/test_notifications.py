"""GET /api/v1/quotas/<name>/notifications, with a mocked webhook."""

import hashlib
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import responses
from flask.testing import FlaskClient

from api import create_app
from api.views.schemas.quotas import NotificationsSchema
from tests.unit.api.answers import URL
from tests.unit.api.webhook_answers import ASKED, ENVIRON, NOW, PATH, asked, notified, topic


@pytest.fixture
def client(quotas_of_consumers: responses.RequestsMock) -> FlaskClient:
    del quotas_of_consumers
    return create_app(ENVIRON, clock=lambda: NOW).test_client()


def get(client: FlaskClient, query: str = "consumer=a") -> Any:
    answer = client.get(f"{PATH}?{query}")
    assert answer.status_code == 200, answer.text
    body = answer.get_json()
    assert not NotificationsSchema().validate(body)
    return body["notifications"]


def test_the_webhook_is_asked_with_the_token_and_all_labels_of_the_entry(
    quotas_of_consumers: responses.RequestsMock, client: FlaskClient
) -> None:
    quotas_of_consumers.get(ASKED, json={"notifications": [notified()], "next": None})
    assert get(client, "consumer=a&limit=7") == [
        {
            "queued_at": "2026-11-23T10:00:00+00:00",
            "settled_at": "2026-11-23T10:00:02+00:00",
            "kind": "usage",
            "threshold": 90,
            "period": {
                "id": 202611,
                "title": "November 2026",
                "start": "2026-11-01T00:00:00+00:00",
                "end": "2026-12-01T00:00:00+00:00",
            },
            "recipient": "ops@example.com",
            "state": "sent",
            "attempts": 1,
        }
    ]
    [request] = asked(quotas_of_consumers)
    assert request.headers["Authorization"] == "Bearer a-token"
    assert parse_qsl(urlsplit(str(request.url)).query, keep_blank_values=True) == [
        ("quota", "each"),
        ("service", ""),
        ("route", ""),
        ("consumer", "a"),
        ("workspace", ""),
        ("direction", ""),
        ("limit", "7"),
    ]


def test_notifications_about_other_entries_are_left_out(
    quotas_of_consumers: responses.RequestsMock, client: FlaskClient
) -> None:
    others = [topic("b"), topic(quota="other"), topic(selector={}), topic(percent=1)]
    more = topic(selector={"consumer": "a", "service": "s"})
    quotas_of_consumers.get(ASKED, json={"notifications": [notified(*others, more)]})
    answer = client.get(f"{PATH}?consumer=a")
    assert len(answer.get_json()["notifications"]) == 1
    for word in ("secret", "other", '"b"', "<1@x>"):
        assert word not in answer.text


def test_the_newest_are_first_and_as_many_as_are_asked_for(
    quotas_of_consumers: responses.RequestsMock, client: FlaskClient
) -> None:
    days = [f"2026-11-{day}T10:00:00+00:00" for day in (22, 23, 21)]
    mails = [
        notified(topic(), topic(kind="forecast", threshold=100), queued_at=day) for day in days
    ]
    quotas_of_consumers.get(ASKED, json={"notifications": mails})
    found = [
        (entry["queued_at"][8:10], entry["kind"]) for entry in get(client, "consumer=a&limit=3")
    ]
    assert found == [("23", "usage"), ("23", "forecast"), ("22", "usage")]


def test_queued_mails_rolling_windows_and_unknown_calendars_have_nulls(
    quotas_of_consumers: responses.RequestsMock, client: FlaskClient
) -> None:
    rolling = topic(calendar="rolling:30d", period=None, kind="over", threshold=99.5)
    waiting = notified(rolling, topic(calendar="moon"), state="queued", settled_at=None, new=1)
    quotas_of_consumers.get(ASKED, json={"notifications": [waiting], "more": {}})
    first, second = get(client)
    assert (first["period"], first["kind"], first["threshold"]) == (None, "over", 99.5)
    assert (first["state"], first["settled_at"], second["period"]) == ("queued", None, None)


def test_without_a_webhook_notifications_are_null_and_nothing_is_asked(
    quotas_of_consumers: responses.RequestsMock,
) -> None:
    client = create_app({"PROMETHEUS_URL": URL}, clock=lambda: NOW).test_client()
    assert get(client) is None
    assert asked(quotas_of_consumers) == []


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 400),
        ("consumer=c", 404),
        ("consumer=a&limit=0", 400),
        ("consumer=a&limit=501", 400),
        ("consumer=a&state=sent", 400),
    ],
)
def test_a_question_about_no_entry_is_not_passed_on(
    quotas_of_consumers: responses.RequestsMock, client: FlaskClient, query: str, status: int
) -> None:
    assert client.get(f"{PATH}?{query}").status_code == status
    assert asked(quotas_of_consumers) == []


def test_a_scoped_token_sees_only_notifications_of_its_own_entries(
    quotas_of_consumers: responses.RequestsMock, tmp_path: Path
) -> None:
    digest = hashlib.sha256(b"of a").hexdigest()
    tokens = tmp_path / "tokens.yaml"
    tokens.write_text(
        f"tokens: [{{name: a, sha256: {digest}, scope: {{consumers: [a], quotas: [each]}}}}]"
    )
    environ = ENVIRON | {"API_TOKENS_FILE": str(tokens)}
    client = create_app(environ, clock=lambda: NOW).test_client()
    quotas_of_consumers.get(
        ASKED,
        json={"notifications": [notified(topic("a"), topic("b")), notified(topic("b"))]},
    )
    bearer = {"Authorization": "Bearer of a"}
    answer = client.get(f"{PATH}?consumer=a", headers=bearer)
    assert len(answer.get_json()["notifications"]) == 1
    assert client.get(f"{PATH}?consumer=b", headers=bearer).status_code == 404
    assert client.get(f"{PATH}?consumer=a").status_code == 401
