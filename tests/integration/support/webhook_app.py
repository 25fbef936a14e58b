"""The webhook in tests: its settings, posting alerts to it, and what is in its outbox."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from webhook import create_app
from webhook.store.database import Store
from webhook.store.status import HELD, read_status
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
    """Return the settings of a webhook that stores its files in ``folder``."""
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


@contextmanager
def application(folder: Path, port: int, **settings: str) -> Iterator[Flask]:
    """Give a webhook that sends its mail to a local port."""
    app = create_app(make_environ(folder, MAIL_PORT=str(port), **settings))
    try:
        yield app
    finally:
        app.extensions["store"].close()


def usage(quota: str = "bun-egress", threshold: int = 90, **labels: str) -> dict[str, Any]:
    """Return a usage alert as Alertmanager posts it."""
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
    """Return a payload as Alertmanager posts it."""
    return {"version": "4", "groupKey": "group", "alerts": list(alerts or [usage()])}


def post(app: Flask, *alerts: dict[str, Any]) -> TestResponse:
    """Post alerts to the webhook."""
    return app.test_client().post("/alerts", json=payload(*alerts), headers=AUTHORIZATION)


def notifications(app: Flask, **filters: str) -> list[dict[str, Any]]:
    """Return the mails that /notifications lists, newest first."""
    answer = app.test_client().get("/notifications", query_string=filters, headers=AUTHORIZATION)
    found: list[dict[str, Any]] = answer.get_json()["notifications"]
    return found


def deliver(app: Flask) -> int:
    """Send the mails that are due. Return the exit status of the command."""
    return app.test_cli_runner().invoke(args=["deliver", "--once"]).exit_code


def hurry(app: Flask) -> None:
    """Make all mails due now."""
    store: Store = app.extensions["store"]
    with store.writing() as connection:
        connection.execute(update(envelopes).values(due_at=datetime.now(UTC)))


def free_leases(app: Flask) -> None:
    """End the leases of processes that were killed."""
    with app.extensions["store"].writing() as connection:
        connection.execute(
            update(envelopes)
            .where(envelopes.c.state == "sending")
            .values(state="queued", leased_by=None)
        )


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


def hold_reason(app: Flask) -> str:
    """Return why delivery is held, or an empty string if it is not."""
    store: Store = app.extensions["store"]
    with store.reading() as connection:
        held = read_status(connection).get(HELD)
    return held.value if held else ""


def run_all(count: int, work: Any) -> None:
    """Call ``work`` in ``count`` threads at once. Raise the first exception of any of them."""
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
