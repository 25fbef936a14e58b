"""The client of the webhook: bad answers, slow answers, and many callers at once."""

import json
import threading
import time
from typing import Any

import pytest
import requests
import responses
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from api import create_app
from api.clients import webhook as webhook_client
from api.clients.cache import Cache
from api.clients.webhook import Webhook
from api.usage.model import Entry
from api.usage.notifications import read_notifications
from quotas.http.exchange import BadAnswerError, UnavailableError
from tests.unit.api.answers import URL
from tests.unit.api.webhook_answers import (
    ASKED,
    ENVIRON,
    NOW,
    PATH,
    WEBHOOK,
    asked,
    notified,
    topic,
)

NO_LIST = "its answer is no list of notifications"


@pytest.fixture
def client(quotas_of_consumers: responses.RequestsMock) -> FlaskClient:
    del quotas_of_consumers
    return create_app(ENVIRON, clock=lambda: NOW).test_client()


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        ({"body": requests.ConnectionError()}, 503, "it cannot be reached"),
        ({"body": requests.ConnectTimeout()}, 503, "it cannot be reached"),
        ({"status": 503}, 503, "it is not ready (HTTP 503)"),
        ({"body": requests.ReadTimeout()}, 504, "it gave no whole answer within 7 seconds"),
        ({"status": 504}, 504, "it took too long"),
        ({"status": 401, "body": "secret"}, 502, "it does not know the token in WEBHOOK_TOKEN"),
        ({"status": 302, "headers": {"Location": URL}}, 502, "it refused the request (HTTP 302)"),
        ({"status": 400}, 502, "it refused the request (HTTP 400)"),
        ({"body": "<html>"}, 502, "its answer is not JSON"),
        ({"body": "[" * 100_000}, 502, "its answer is not JSON"),
        ({"json": []}, 502, NO_LIST),
        ({"json": {"notifications": None}}, 502, NO_LIST),
        ({"json": {"notifications": [notified(state="lost")]}}, 502, NO_LIST),
        (
            {"json": {"notifications": [notified(topic(kind="x"))]}},
            502,
            NO_LIST,
        ),
        (
            {"json": {"notifications": [notified(queued_at="today")]}},
            502,
            NO_LIST,
        ),
        ({"json": {"notifications": [notified(attempts=2**70)]}}, 502, NO_LIST),
        (
            {"json": {"notifications": [notified(topic(threshold=1e30))]}},
            502,
            NO_LIST,
        ),
        ({"json": {"notifications": [notified()] * 101}}, 502, NO_LIST),
        (
            {"json": {"notifications": [notified(*[topic()] * 21)]}},
            502,
            NO_LIST,
        ),
        ({"json": {"notifications": [{}] * 100_000}}, 502, NO_LIST),
        (
            {"json": {"notifications": [notified(topics=[0] * 100_000)]}},
            502,
            NO_LIST,
        ),
        (
            {
                "json": {
                    "notifications": [notified(topic(selector={str(n): n for n in range(50_000)}))]
                }
            },
            502,
            NO_LIST,
        ),
        ({"body": b" " * (2 * 2**20 + 1)}, 502, "its answer is larger than 2 MiB"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_webhook_that_does_not_answer_as_it_must_is_named(
    quotas_of_consumers: responses.RequestsMock,
    client: FlaskClient,
    answer: dict[str, Any],
    status: int,
    words: str,
) -> None:
    quotas_of_consumers.get(ASKED, **answer)
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
    assert len(asked(quotas_of_consumers)) == 1


def answered() -> Any:
    """Return the validated form of one notification, as the webhook's JSON is parsed."""
    return {"notifications": [notified()]}


def entry(consumer: str = "a") -> Entry:
    return Entry("each", {"consumer": consumer}, "month", None, None, 1.0, None, None)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from([*notified(), *topic()]), inner)
    ),
)


@given(
    changes=st.dictionaries(st.sampled_from([*notified()]), json_values, max_size=3),
    topic_changes=st.dictionaries(st.sampled_from([*topic()]), json_values, max_size=3),
)
def test_any_answer_is_read_or_refused(
    changes: dict[str, Any], topic_changes: dict[str, Any]
) -> None:
    body = {"notifications": [notified(topic(**topic_changes), **changes)]}
    with responses.RequestsMock() as mock:
        mock.get(ASKED, body=json.dumps(body))
        try:
            found = read_notifications(Webhook(WEBHOOK, "t"), Cache(10_000), entry(), 100)
        except BadAnswerError:
            return
        assert all(one.recipient for one in found) or "recipient" in changes


def test_equal_questions_at_once_are_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    release, count = threading.Event(), []

    def ask(*_: Any, **__: Any) -> Any:
        count.append(1)
        assert release.wait(10)
        return answered()

    monkeypatch.setattr(webhook_client, "ask", ask)
    webhook, cache, found = Webhook(WEBHOOK, "t"), Cache(10_000), []
    threads = [
        threading.Thread(
            target=lambda: found.extend(read_notifications(webhook, cache, entry(), 9))
        )
        for _ in range(5)
    ]
    for thread in threads:
        thread.start()
    while cache.misses < len(threads):
        time.sleep(0.01)
    release.set()
    for thread in threads:
        thread.join(10)
    assert (len(count), len(found)) == (1, 5)


def test_only_some_threads_wait_for_a_slow_webhook(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(webhook_client, "_AT_ONCE", threading.BoundedSemaphore(1))
    monkeypatch.setattr(webhook_client, "_PATIENCE_SECONDS", 0)
    refused: list[int] = []

    def ask(*_: Any, **__: Any) -> Any:
        with pytest.raises(UnavailableError, match="others wait for it"):
            read_notifications(webhook, cache, entry("b"), 9)
        refused.append(1)
        return answered()

    monkeypatch.setattr(webhook_client, "ask", ask)
    webhook, cache = Webhook(WEBHOOK, "t"), Cache(10_000)
    assert len(read_notifications(webhook, cache, entry(), 9)) == 1
    assert refused == [1]


def test_the_token_is_not_in_a_repr() -> None:
    shown = repr(Webhook("http://user:secret@host", "secret"))
    assert "secret" not in shown
    assert "secret" not in repr(create_app(ENVIRON | {"WEBHOOK_TOKEN": "secret"}).extensions)
