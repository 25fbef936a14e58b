import json
import logging
import sqlite3
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

import webhook.intake
from quotas import names
from tests.unit.webhook.alerts.test_payload import GRAFANA_BODY
from tests.unit.webhook.client import make_body
from tests.unit.webhook.samples import TOKEN, pipeline, usage
from webhook.alerts.payload import RESOLVED, Alert
from webhook.store.database import Store
from webhook.store.status import WATCHDOG, read_status
from webhook.store.tables import envelopes, mails


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def queued(store: Store) -> list[tuple[str, str]]:
    """Return recipient and subject of all queued mails, oldest first."""
    with store.reading() as connection:
        query = select(envelopes.c.recipient, mails.c.subject).join(mails)
        return [tuple(row) for row in connection.execute(query.order_by(mails.c.id))]


def post(client: FlaskClient, *alerts: Alert, **options: Any) -> TestResponse:
    options.setdefault("headers", {"Authorization": f"Bearer {TOKEN}"})
    if "data" not in options:
        options["json"] = make_body(*alerts)
    return client.post("/alerts", **options)


def assert_problem(response: TestResponse, status: int) -> dict[str, Any]:
    assert response.status_code == status
    assert response.content_type == "application/problem+json"
    problem: dict[str, Any] = json.loads(response.data)
    assert problem["status"] == status
    assert problem["title"]
    return problem


def test_an_alert_is_queued_for_each_recipient(client: FlaskClient, store: Store) -> None:
    response = post(client, usage())
    assert response.status_code == 200
    assert response.json == {"alerts": 1, "mails": 2}
    assert [recipient for recipient, _ in queued(store)] == ["bun@example.com", "boss@example.com"]


def test_a_repeated_alert_is_acknowledged_without_mail(client: FlaskClient, store: Store) -> None:
    post(client, usage(), pipeline())
    assert post(client, usage(), pipeline()).json == {"alerts": 2, "mails": 0}
    assert len(queued(store)) == 3


def test_what_grafana_posts_is_queued_for_the_default_recipients(
    client: FlaskClient, store: Store
) -> None:
    data = json.dumps(GRAFANA_BODY)
    assert post(client, data=data, content_type="application/json").status_code == 200
    subject = "[firing] High memory usage: Memory is almost full"
    assert queued(store) == [("ops@example.com", subject)]


def test_the_watchdog_is_acknowledged_without_mail_and_its_time_is_stored(
    client: FlaskClient, store: Store
) -> None:
    assert post(client, pipeline(name=names.WATCHDOG_ALERT)).status_code == 200
    assert queued(store) == []
    with store.reading() as connection:
        assert WATCHDOG in read_status(connection)


def test_a_resolved_quota_is_acknowledged_without_mail(client: FlaskClient, store: Store) -> None:
    assert post(client, usage(status=RESOLVED)).status_code == 200
    assert queued(store) == []


def test_a_store_that_cannot_commit_is_answered_503_and_a_later_request_succeeds(
    client: FlaskClient, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OperationalError("INSERT", {}, sqlite3.OperationalError("database is full"))

    monkeypatch.setattr(webhook.intake, "add_mails", fail)
    problem = assert_problem(post(client, usage()), 503)
    assert "try again" in problem["detail"]
    assert "full" not in problem["detail"]
    monkeypatch.undo()
    assert queued(store) == []
    assert post(client, usage()).json == {"alerts": 1, "mails": 2}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer wrong"},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": TOKEN},
        {"Authorization": f"Bearer {TOKEN}\xfc"},
    ],
)
def test_a_request_without_the_token_is_answered_401(
    client: FlaskClient, store: Store, headers: dict[str, str]
) -> None:
    response = post(client, usage(), headers=headers)
    assert_problem(response, 401)
    assert response.headers["WWW-Authenticate"].lower().startswith("bearer")
    assert queued(store) == []


def test_the_scheme_of_the_token_is_case_insensitive(client: FlaskClient) -> None:
    assert post(client, headers={"Authorization": f"bEARER {TOKEN}"}).status_code == 200


def test_a_body_that_is_not_a_payload_is_answered_400(client: FlaskClient) -> None:
    for data in ("", "{", "[]", '{"version": "3"}', "[" * 100_000):
        response = post(client, data=data, content_type="application/json")
        assert_problem(response, 400)
        assert "Traceback" not in response.text


def test_another_method_is_answered_405_with_the_allowed_ones(client: FlaskClient) -> None:
    response = client.get("/alerts")
    assert_problem(response, 405)
    assert "POST" in response.headers["Allow"]


def test_another_content_type_is_answered_415(client: FlaskClient) -> None:
    assert_problem(post(client, data="{}", content_type="text/plain"), 415)


@pytest.mark.parametrize("path", ["/", "/alerts/", "//alerts", "/alerts//"])
def test_no_path_is_answered_with_a_redirect(client: FlaskClient, path: str) -> None:
    response = client.post(path, base_url="http://localhost")
    assert_problem(response, 404)


def test_an_internal_error_is_answered_without_its_traceback(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("inside")

    monkeypatch.setattr(webhook.intake, "select_events", fail)
    response = post(client, usage())
    assert_problem(response, 500)
    assert "inside" not in response.text
    assert "ZeroDivisionError" in caplog.text


def test_health_needs_no_token(client: FlaskClient) -> None:
    assert client.get("/healthz").json == {"status": "ok"}


def test_the_log_has_a_line_for_the_request_and_each_alert_without_secrets_or_body(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    post(client, usage(), pipeline(instance="in\nvented"), usage(quota="a\nb", secret="hush"))
    messages = [record.getMessage() for record in caplog.records]
    assert sum("group='group' alerts=3" in message for message in messages) == 1
    assert sum("status=firing alertname=" in message for message in messages) == 3
    assert any("quota='bun-egress' threshold='90' period='202611'" in line for line in messages)
    assert not any("\n" in line or TOKEN in line or "hush" in line for line in messages)


any_text = st.text(st.characters(exclude_categories=()), max_size=40)
any_map = st.dictionaries(
    st.sampled_from(["alertname", "quota", "threshold", "period", "used_bytes", "limit_bytes"])
    | any_text,
    st.sampled_from([names.USAGE_ALERT, "bun-egress", "90", "202611", "500"]) | any_text,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    alerts=st.lists(
        st.fixed_dictionaries(
            {"status": st.sampled_from(["firing", "resolved"]), "labels": any_map},
            optional={"annotations": any_map, "startsAt": any_text, "generatorURL": any_text},
        ),
        max_size=4,
    )
)
def test_no_alert_is_answered_500(client: FlaskClient, alerts: list[dict[str, Any]]) -> None:
    payload = json.dumps({"version": "4", "groupKey": "x", "alerts": alerts})
    response = post(client, data=payload, content_type="application/json")
    assert response.status_code == 200


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_no_body_is_answered_500(client: FlaskClient, data: bytes) -> None:
    response = post(client, data=data, content_type="application/json")
    assert response.status_code == 400
