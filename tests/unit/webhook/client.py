"""Requests to the webhook's test client that the tests of views and commands share."""

from typing import Any

from flask import Flask
from prometheus_client.parser import text_string_to_metric_families

from tests.unit.webhook.samples import TOKEN
from webhook.alerts.payload import Alert

AUTHORIZATION = {"Authorization": f"Bearer {TOKEN}"}


def make_body(*alerts: Alert) -> dict[str, Any]:
    """Return a payload with these alerts as JSON values."""
    return {
        "version": "4",
        "groupKey": "group",
        "alerts": [
            {
                "status": alert.status,
                "labels": dict(alert.labels),
                "annotations": dict(alert.annotations),
            }
            for alert in alerts
        ],
    }


def post(app: Flask, *alerts: Alert) -> None:
    """Post these alerts, which must succeed."""
    body = make_body(*alerts)
    assert app.test_client().post("/alerts", json=body, headers=AUTHORIZATION).status_code == 200


def get_notifications(app: Flask, query: str = "") -> Any:
    """Return the response of /notifications."""
    return app.test_client().get(f"/notifications?{query}", headers=AUTHORIZATION)


def read_metrics(app: Flask) -> dict[tuple[str, ...], float]:
    """Return the samples of /metrics by name and label values."""
    text = app.test_client().get("/metrics").text
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
