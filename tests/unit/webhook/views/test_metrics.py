from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from tests.unit.webhook.client import AUTHORIZATION, post, read_metrics
from tests.unit.webhook.samples import pipeline, usage
from webhook.store.counters import count_attempt, count_delivery
from webhook.store.database import Store


def test_requests_alerts_mails_and_attempts_are_counted(app: Flask, store: Store) -> None:
    post(app, usage(), pipeline(name="QuotaPipelineWatchdog"))
    post(app, usage())
    app.test_client().post("/alerts", json={}, headers=AUTHORIZATION)
    with store.writing() as connection:
        count_attempt(connection, "sent")
        count_attempt(connection, "sent")
        count_delivery(connection, timedelta(seconds=3))
        count_delivery(connection, timedelta(days=9))
    found = read_metrics(app)
    assert found["webhook_store_up",] == 1
    assert found["webhook_requests_total", "200"] == 2
    assert found["webhook_requests_total", "400"] == 1
    assert found["webhook_alerts_total", "new"] == 1
    assert found["webhook_alerts_total", "known"] == 1
    assert found["webhook_alerts_total", "untold"] == 1
    assert found["webhook_refused_payloads_total", "invalid"] == 1
    # Two about the alert, and one about the refused payload.
    assert found["webhook_outbox_mails", "queued"] == 3
    assert found["webhook_outbox_mails", "failed"] == 0
    assert found["webhook_undelivered_mails",] == 0
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


def test_an_unreadable_store_is_a_metric_and_the_requests_are_still_counted(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise OperationalError("SELECT", {}, OSError("gone"))

    post(app, usage())
    monkeypatch.setattr("webhook.views.metrics.read_status", fail)
    found = read_metrics(app)
    assert found["webhook_store_up",] == 0
    assert found["webhook_requests_total", "200"] == 1
    assert ("webhook_outbox_mails", "queued") not in found
