"""GET /api/v1/quotas/<name>/notifications, in front of a webhook that is made up."""

import hashlib
import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
import responses
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from api import create_app
from api.clients.cache import Memory
from api.usage import notifications
from api.usage.entries import Entry
from api.usage.notifications import Webhook, read_tellings
from api.views.schemas.answers import NotificationsSchema
from quotas.http.exchange import BadAnswerError, UnavailableError
from tests.unit.api.answers import INSTANT_URL, URL, vector

NOW = datetime(2026, 11, 24, tzinfo=UTC)
PATH = "/api/v1/quotas/each/notifications"
WEBHOOK = "http://webhook.test:8080/at"
ASKED = f"{WEBHOOK}/notifications"
ENVIRON = {"PROMETHEUS_URL": URL, "WEBHOOK_URL": WEBHOOK, "WEBHOOK_TOKEN": "a-token"}
MONTH = {"calendar": "month", "period": "202611"}


def topic(consumer: str = "a", **changes: Any) -> dict[str, Any]:
    return {
        "quota": "each",
        "selector": {"consumer": consumer},
        "kind": "usage",
        "threshold": 90.0,
        **MONTH,
        **changes,
    }


def told(*topics: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "id": 1,
        "subject": "[90 %] 2 alerts: each, secret",
        "message_id": "<1@x>",
        "quota": "each",
        "recipient": "ops@example.com",
        "state": "sent",
        "attempts": 1,
        "queued_at": "2026-11-23T10:00:00+00:00",
        "due_at": "2026-11-23T10:00:00+00:00",
        "settled_at": "2026-11-23T10:00:02+00:00",
        "answer": "250 secret",
        "topics": list(topics or [topic()]),
        **changes,
    }


@pytest.fixture
def mock() -> Iterator[responses.RequestsMock]:
    """Let a Prometheus answer with a quota for each consumer, and for nobody."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        used = [
            {"quota": "each", "__fact__": "used", **MONTH} | consumer
            for consumer in ({"consumer": "a"}, {"consumer": "b"}, {})
        ]
        values = [{"metric": labels, "value": [NOW.timestamp(), "1"]} for labels in used]
        mock.post(INSTANT_URL, json=vector(*values))
        yield mock


@pytest.fixture
def client(mock: responses.RequestsMock) -> FlaskClient:
    del mock
    return create_app(ENVIRON, clock=lambda: NOW).test_client()


def asked(mock: responses.RequestsMock) -> list[requests.PreparedRequest]:
    return [call.request for call in mock.calls if str(call.request.url).startswith(WEBHOOK)]


def get(client: FlaskClient, query: str = "consumer=a") -> Any:
    answer = client.get(f"{PATH}?{query}")
    assert answer.status_code == 200, answer.text
    body = answer.get_json()
    assert not NotificationsSchema().validate(body)
    return body["notifications"]


def test_who_was_told_is_asked_with_the_token_and_all_that_tells_the_entry(
    mock: responses.RequestsMock, client: FlaskClient
) -> None:
    mock.get(ASKED, json={"notifications": [told()], "next": None})
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
    [request] = asked(mock)
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


def test_nothing_of_another_entry_is_told_whatever_the_webhook_answers(
    mock: responses.RequestsMock, client: FlaskClient
) -> None:
    others = [topic("b"), topic(quota="other"), topic(selector={}), topic(percent=1)]
    more = topic(selector={"consumer": "a", "service": "s"})
    mock.get(ASKED, json={"notifications": [told(*others, more)]})
    answer = client.get(f"{PATH}?consumer=a")
    assert len(answer.get_json()["notifications"]) == 1
    for word in ("secret", "other", '"b"', "<1@x>"):
        assert word not in answer.text


def test_the_newest_are_first_and_as_many_as_are_asked_for(
    mock: responses.RequestsMock, client: FlaskClient
) -> None:
    days = [f"2026-11-{day}T10:00:00+00:00" for day in (22, 23, 21)]
    mails = [told(topic(), topic(kind="forecast", threshold=100), queued_at=day) for day in days]
    mock.get(ASKED, json={"notifications": mails})
    found = [
        (entry["queued_at"][8:10], entry["kind"]) for entry in get(client, "consumer=a&limit=3")
    ]
    assert found == [("23", "usage"), ("23", "forecast"), ("22", "usage")]


def test_what_waits_what_rolls_and_what_is_unknown_is_told_as_such(
    mock: responses.RequestsMock, client: FlaskClient
) -> None:
    rolling = topic(calendar="rolling:30d", period=None, kind="over", threshold=99.5)
    waiting = told(rolling, topic(calendar="moon"), state="queued", settled_at=None, new=1)
    mock.get(ASKED, json={"notifications": [waiting], "more": {}})
    first, second = get(client)
    assert (first["period"], first["kind"], first["threshold"]) == (None, "over", 99.5)
    assert (first["state"], first["settled_at"], second["period"]) == ("queued", None, None)


def test_without_a_webhook_there_is_null_and_nobody_is_asked(
    mock: responses.RequestsMock,
) -> None:
    client = create_app({"PROMETHEUS_URL": URL}, clock=lambda: NOW).test_client()
    assert get(client) is None
    assert asked(mock) == []


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
    mock: responses.RequestsMock, client: FlaskClient, query: str, status: int
) -> None:
    assert client.get(f"{PATH}?{query}").status_code == status
    assert asked(mock) == []


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        ({"body": requests.ConnectionError()}, 503, "it cannot be reached"),
        ({"body": requests.ConnectTimeout()}, 503, "it cannot be reached"),
        ({"status": 503}, 503, "it is not ready (HTTP 503)"),
        ({"body": requests.ReadTimeout()}, 504, "it gave no whole answer within 7 seconds"),
        ({"status": 504}, 504, "it took too long"),
        ({"status": 401, "body": "secret"}, 502, "it does not know the token in WEBHOOK_TOKEN"),
        ({"status": 302, "headers": {"Location": URL}}, 502, "it refused the question (HTTP 302)"),
        ({"status": 400}, 502, "it refused the question (HTTP 400)"),
        ({"body": "<html>"}, 502, "its answer is not JSON"),
        ({"body": "[" * 100_000}, 502, "its answer is not JSON"),
        ({"json": []}, 502, "its answer is no list of notifications"),
        ({"json": {"notifications": None}}, 502, "its answer is no list"),
        ({"json": {"notifications": [told(state="lost")]}}, 502, "its answer is no list"),
        ({"json": {"notifications": [told(topic(kind="x"))]}}, 502, "its answer is no list"),
        ({"json": {"notifications": [told(queued_at="today")]}}, 502, "its answer is no list"),
        ({"json": {"notifications": [told(attempts=2**70)]}}, 502, "its answer is no list"),
        ({"json": {"notifications": [told(topic(threshold=1e30))]}}, 502, "its answer is no list"),
        ({"json": {"notifications": [told()] * 101}}, 502, "its answer is no list"),
        ({"json": {"notifications": [told(*[topic()] * 21)]}}, 502, "its answer is no list"),
        ({"json": {"notifications": [{}] * 100_000}}, 502, "its answer is no list"),
        ({"json": {"notifications": [told(topics=[0] * 100_000)]}}, 502, "its answer is no list"),
        (
            {"json": {"notifications": [told(topic(selector={str(n): n for n in range(50_000)}))]}},
            502,
            "its answer is no list",
        ),
        ({"body": b" " * (2 * 2**20 + 1)}, 502, "its answer is larger than 2 MiB"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_webhook_that_does_not_answer_as_it_must_is_named(
    mock: responses.RequestsMock,
    client: FlaskClient,
    answer: dict[str, Any],
    status: int,
    words: str,
) -> None:
    mock.get(ASKED, **answer)
    response = client.get(f"{PATH}?consumer=a")
    assert response.status_code == status
    assert response.content_type == "application/problem+json"
    detail = response.get_json(force=True)["detail"]
    assert detail.startswith(f"The webhook gave no answer that can be used: {words}")
    assert "secret" not in response.text
    assert WEBHOOK not in response.text
    assert ("Retry-After" in response.headers) is (status == 503)
    # For a moment it is not asked again.
    assert client.get(f"{PATH}?consumer=a").status_code == status
    assert len(asked(mock)) == 1


def entry(consumer: str = "a") -> Entry:
    return Entry("each", {"consumer": consumer}, "month", None, None, 1.0, None, None)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from([*told(), *topic()]), inner),
)


@given(
    changes=st.dictionaries(st.sampled_from([*told()]), json_values, max_size=3),
    topic_changes=st.dictionaries(st.sampled_from([*topic()]), json_values, max_size=3),
)
def test_whatever_is_answered_it_is_read_or_refused(
    changes: dict[str, Any], topic_changes: dict[str, Any]
) -> None:
    body = {"notifications": [told(topic(**topic_changes), **changes)]}
    with responses.RequestsMock() as mock:
        mock.get(ASKED, body=json.dumps(body))
        try:
            tellings = read_tellings(Webhook(WEBHOOK, "t"), Memory(10_000), entry(), 100)
        except BadAnswerError:
            return
        assert all(telling.recipient for telling in tellings) or "recipient" in changes


def test_equal_questions_at_once_are_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    release, count = threading.Event(), []

    def exchange(*_: Any, **__: Any) -> tuple[int, bytes]:
        count.append(1)
        assert release.wait(10)
        return 200, json.dumps({"notifications": [told()]}).encode()

    monkeypatch.setattr(notifications, "exchange", exchange)
    webhook, memory, found = Webhook(WEBHOOK, "t"), Memory(10_000), []
    threads = [
        threading.Thread(target=lambda: found.extend(read_tellings(webhook, memory, entry(), 9)))
        for _ in range(5)
    ]
    for thread in threads:
        thread.start()
    while memory.misses < len(threads):
        time.sleep(0.01)
    release.set()
    for thread in threads:
        thread.join(10)
    assert (len(count), len(found)) == (1, 5)


def test_a_webhook_that_is_slow_has_no_more_than_some_of_our_threads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(notifications, "_AT_ONCE", threading.BoundedSemaphore(1))
    monkeypatch.setattr(notifications, "_PATIENCE_SECONDS", 0)
    told_meanwhile: list[int] = []

    def exchange(*_: Any, **__: Any) -> tuple[int, bytes]:
        with pytest.raises(UnavailableError, match="others wait for it"):
            read_tellings(webhook, memory, entry("b"), 9)
        told_meanwhile.append(1)
        return 200, json.dumps({"notifications": [told()]}).encode()

    monkeypatch.setattr(notifications, "exchange", exchange)
    webhook, memory = Webhook(WEBHOOK, "t"), Memory(10_000)
    assert len(read_tellings(webhook, memory, entry(), 9)) == 1
    assert told_meanwhile == [1]


def test_a_scoped_token_is_told_of_its_own_entries_alone(
    mock: responses.RequestsMock, tmp_path: Path
) -> None:
    digest = hashlib.sha256(b"of a").hexdigest()
    tokens = tmp_path / "tokens.yaml"
    tokens.write_text(
        f"tokens: [{{name: a, sha256: {digest}, scope: {{consumers: [a], quotas: [each]}}}}]"
    )
    environ = ENVIRON | {"API_TOKENS_FILE": str(tokens)}
    client = create_app(environ, clock=lambda: NOW).test_client()
    mock.get(ASKED, json={"notifications": [told(topic("a"), topic("b")), told(topic("b"))]})
    bearer = {"Authorization": "Bearer of a"}
    answer = client.get(f"{PATH}?consumer=a", headers=bearer)
    assert len(answer.get_json()["notifications"]) == 1
    assert client.get(f"{PATH}?consumer=b", headers=bearer).status_code == 404
    assert client.get(f"{PATH}?consumer=a").status_code == 401


def test_the_token_is_not_in_a_repr() -> None:
    shown = repr(Webhook("http://user:secret@host", "secret"))
    assert "secret" not in shown
    assert "secret" not in repr(create_app(ENVIRON | {"WEBHOOK_TOKEN": "secret"}).extensions)
