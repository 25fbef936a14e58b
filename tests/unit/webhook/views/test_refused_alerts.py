"""Payloads that are refused or lack alerts: the default recipients are notified."""

import io
import json
import logging
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests.unit.webhook.client import AUTHORIZATION, make_body, read_metrics
from tests.unit.webhook.client import post as post_alerts
from tests.unit.webhook.samples import usage
from webhook.alerts import payload as payloads
from webhook.alerts.payload import LARGEST_BODY_BYTES, MOST_ALERTS, MOST_ELEMENTS
from webhook.store.database import Store, StoreError
from webhook.store.tables import envelopes, mails

REFUSED = "[firing] AlertPayloadRefused: Alerts were refused, and nobody is notified of them"
LEFT_OUT = "[firing] AlertsLeftOut: Alertmanager leaves out alerts, and nobody is notified of them"


def post(app: Flask, data: bytes, **options: Any) -> TestResponse:
    return app.test_client().post(
        "/alerts", data=data, content_type="application/json", headers=AUTHORIZATION, **options
    )


def queued(store: Store) -> list[tuple[str, str]]:
    """Return recipient and subject of all queued mails, oldest first."""
    with store.reading() as connection:
        query = select(envelopes.c.recipient, mails.c.subject).join(mails)
        return [tuple(row) for row in connection.execute(query.order_by(mails.c.id))]


def contents(store: Store) -> str:
    """Return the text of all queued mails, without soft line breaks."""
    with store.reading() as connection:
        found = connection.execute(select(mails.c.content)).scalars()
        return "".join(content.decode() for content in found).replace("=\r\n", "")


def body_of(size_bytes: int = 0, quota: str = "bun-egress") -> bytes:
    """Return a payload about a quota that is padded to a size."""
    body = json.dumps(make_body(usage(quota=quota))).encode()
    return body + b" " * (size_bytes - len(body))


def many(count: int) -> bytes:
    """Return a payload of tiny alerts."""
    alerts = b",".join([b'{"status":"firing","labels":{"quota":"q"}}'] * count)
    return b'{"version":"4","alerts":[' + alerts + b"]}"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (body_of(LARGEST_BODY_BYTES + 1), "it is larger than 10,485,760 bytes"),
        (body_of(LARGEST_BODY_BYTES * 3), "it is larger than 10,485,760 bytes"),
        (many(MOST_ALERTS + 1), "it has 10,001 alerts; the most are 10,000"),
        (many(230_000), "it has more than 500,000 elements"),
        (b"[" * (MOST_ELEMENTS + 1), "it has more than 500,000 elements"),
    ],
)
def test_a_payload_that_is_too_large_is_answered_413_logged_counted_and_mailed(
    app: Flask, store: Store, caplog: pytest.LogCaptureFixture, body: bytes, reason: str
) -> None:
    response = post(app, body)
    assert response.status_code == 413
    assert response.content_type == "application/problem+json"
    assert reason in response.text
    assert read_metrics(app)["webhook_refused_payloads_total", "too_large"] == 1
    assert queued(store) == [("ops@example.com", REFUSED)]
    assert f"{len(body):,} bytes" in contents(store)
    (line,) = [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]
    assert line.startswith("refused: group=")
    assert f"bytes={len(body)}: {reason}" in line


def test_a_large_body_is_refused_before_its_alerts_are_parsed(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Anything that parses alerts would fail.
    monkeypatch.setattr(payloads, "_PayloadSchema", None)
    assert post(app, many(MOST_ALERTS + 1)).status_code == 413


def test_the_largest_payload_is_accepted(app: Flask) -> None:
    assert post(app, body_of(LARGEST_BODY_BYTES)).status_code == 200
    assert post(app, many(MOST_ALERTS)).status_code == 200


def test_a_body_without_a_length_is_measured_as_it_is_read(app: Flask, store: Store) -> None:
    stream = io.BytesIO(body_of(LARGEST_BODY_BYTES + 1))
    response = app.test_client().post(
        "/alerts",
        input_stream=stream,
        content_type="application/json",
        headers=AUTHORIZATION,
        environ_overrides={"wsgi.input_terminated": True},
    )
    assert response.status_code == 413
    assert queued(store) == [("ops@example.com", REFUSED)]


def test_the_group_of_a_refused_payload_is_named(
    app: Flask, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    post(app, body_of(LARGEST_BODY_BYTES + 1, quota="each\nconsumer"))
    group = r"alertname='BandwidthQuotaUsage', quota='each\nconsumer'"
    (line,) = [record.getMessage() for record in caplog.records if "refused" in record.message]
    assert group in line.replace(r"\\n", r"\n")
    assert len(line.splitlines()) == 1
    assert "BandwidthQuotaUsage" in contents(store)


def test_refused_payloads_of_one_group_are_mailed_once_and_of_another_group_too(
    app: Flask, store: Store
) -> None:
    for quota in ("a", "a", "b", "a", "b"):
        assert post(app, body_of(LARGEST_BODY_BYTES + 1, quota=quota)).status_code == 413
    assert len(queued(store)) == 2


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b"\xff", b'{"alerts": [{"labels": 5}]}', b'"labels"']
)
def test_a_wrong_payload_is_answered_400_logged_counted_and_mailed(
    app: Flask, store: Store, caplog: pytest.LogCaptureFixture, body: bytes
) -> None:
    assert post(app, body).status_code == 400
    assert read_metrics(app)["webhook_refused_payloads_total", "invalid"] == 1
    assert queued(store) == [("ops@example.com", REFUSED)]
    assert "refused: group='unknown'" in caplog.text


def test_nobody_is_notified_of_a_body_without_the_token(app: Flask, store: Store) -> None:
    response = app.test_client().post("/alerts", data=b"{", content_type="application/json")
    assert response.status_code == 401
    assert queued(store) == []


def test_a_payload_is_refused_even_if_nobody_can_be_notified(
    app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr("webhook.queue_mails", fail)
    assert post(app, b"{").status_code == 400
    assert "nobody is notified: the disk is full" in caplog.text


def test_alerts_that_alertmanager_leaves_out_are_logged_counted_and_mailed_even_if_nothing_is_new(
    app: Flask, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    post_alerts(app, usage())
    known = len(queued(store))
    for _ in range(2):
        body = json.dumps(make_body(usage()) | {"truncatedAlerts": 11_000}).encode()
        assert post(app, body).json == {"alerts": 1, "mails": 0}
    assert queued(store)[known:] == [("ops@example.com", LEFT_OUT)]
    assert "11,000 alerts more than the 1 that" in contents(store)
    assert read_metrics(app)["webhook_left_out_alerts_total",] == 22_000
    assert "left out: group='group' alerts=11000" in caplog.text
