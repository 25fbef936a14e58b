"""The webhook as its tests run it: its settings, what is posted to it, what its outbox holds."""

import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from webhook.store.database import Store
from webhook.store.tables import envelopes, mails

ROOT = Path(__file__).resolve().parents[3]
TOKEN = "a-token-for-tests"
AUTHORIZATION = {"Authorization": f"Bearer {TOKEN}"}
QUOTAS = """\
version: 1
defaults:
  notify: [ops@example.com]
  notify_resolved: true
quotas:
  - {name: bun-egress, service: bun, limit: 500 GB, notify: [bun@example.com, boss@example.com]}
  - {name: three, limit: 500 GB, notify: [a@example.com, b@example.com, c@example.com]}
"""


def make_environ(folder: Path, database_url: str = "", **settings: str) -> dict[str, str]:
    """Return the settings of a webhook that keeps its files in a folder."""
    (folder / "quotas.yaml").write_text(QUOTAS)
    (folder / "token").write_text(f"{TOKEN}\n")
    return {
        "QUOTAS_FILE": str(folder / "quotas.yaml"),
        "WEBHOOK_TOKEN_FILE": str(folder / "token"),
        "DATABASE_URL": database_url or f"sqlite:///{folder / 'outbox.db'}",
        "MAIL_SERVER": "127.0.0.1",
        "MAIL_DEFAULT_SENDER": "Gateway quotas <quotas@example.com>",
        **settings,
    }


def usage(quota: str = "bun-egress", threshold: int = 90, **labels: str) -> dict[str, Any]:
    """Return an alert as Alertmanager posts it."""
    return {
        "status": "firing",
        "labels": {
            "alertname": "BandwidthQuotaUsage",
            "quota": quota,
            "threshold": str(threshold),
            "period": "202611",
            "calendar": "month",
            **labels,
        },
        "annotations": {
            "used_bytes": str(threshold * 5_002_222_222),
            "limit_bytes": "500000000000",
            "summary": "Look",
        },
        "startsAt": "2026-11-24T13:00:00.000Z",
    }


def payload(*alerts: dict[str, Any]) -> dict[str, Any]:
    """Return what Alertmanager posts."""
    return {"version": "4", "groupKey": "group", "alerts": list(alerts or [usage()])}


def post(app: Flask, *alerts: dict[str, Any]) -> TestResponse:
    """Post alerts to the webhook."""
    return app.test_client().post("/alerts", json=payload(*alerts), headers=AUTHORIZATION)


def notifications(app: Flask, **wanted: str) -> list[dict[str, Any]]:
    """Return what the webhook tells of its mails, newest first."""
    answer = app.test_client().get("/notifications", query_string=wanted, headers=AUTHORIZATION)
    found: list[dict[str, Any]] = answer.get_json()["notifications"]
    return found


def deliver(app: Flask) -> int:
    """Send what is due; return the status of the command."""
    return app.test_cli_runner().invoke(args=["deliver", "--once"]).exit_code


def hurry(app: Flask) -> None:
    """Let the time pass that mails are to wait for."""
    store: Store = app.extensions["store"]
    with store.writing() as connection:
        connection.execute(update(envelopes).values(due_at=datetime.now(UTC)))


def outbox(app: Flask) -> Sequence[tuple[str, str, int, str]]:
    """Return recipient, state, attempts and answer of all mails, oldest first."""
    store: Store = app.extensions["store"]
    columns = (envelopes.c.recipient, envelopes.c.state, envelopes.c.attempts, envelopes.c.answer)
    with store.reading() as connection:
        query = select(*columns).join(mails).order_by(mails.c.id)
        return [
            (to, state, attempts, answer)
            for to, state, attempts, answer in connection.execute(query)
        ]


def states(app: Flask) -> list[str]:
    """Return the states of all mails, oldest first."""
    return [state for _, state, _, _ in outbox(app)]


def run_all(count: int, work: Any) -> None:
    """Do the same in so many threads at once; an exception in one fails."""
    failures: list[BaseException] = []

    def run(number: int) -> None:
        try:
            work(number)
        except BaseException as error:  # noqa: BLE001 - raised again below
            failures.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    if failures:
        raise failures[0]
