"""Answers of a mocked webhook, and the requests that it got."""

from datetime import UTC, datetime
from typing import Any

import requests
import responses

from tests.unit.api.answers import URL

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


def notified(*topics: dict[str, Any], **changes: Any) -> dict[str, Any]:
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


def asked(mock: responses.RequestsMock) -> list[requests.PreparedRequest]:
    return [call.request for call in mock.calls if str(call.request.url).startswith(WEBHOOK)]
