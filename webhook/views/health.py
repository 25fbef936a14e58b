"""GET /healthz: the process answers. GET /readyz: alerts arrive and become mail."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

from flask import Blueprint, abort

from webhook.alerts.missing_watchdog import missing_since
from webhook.mail.formatting import format_time
from webhook.store.counters import longest_wait
from webhook.store.database import Store, StoreError
from webhook.store.sending.undelivered import count_undelivered
from webhook.store.status import DELIVERER, HELD, StatusValue, read_status
from webhook.views.store_check import StoreCheck

OLDEST_WAITING = timedelta(hours=1)
DELIVERER_ABSENT = timedelta(minutes=2)


@dataclass(frozen=True)
class Check:
    """The result of one check, and what was found."""

    ok: bool
    detail: str


def create_blueprint(store: Store) -> Blueprint:
    """Return the blueprint, which reads the store."""
    blueprint = Blueprint("health", __name__)
    observed_since = datetime.now(UTC)
    store_check = StoreCheck(store)

    def check() -> Mapping[str, Check]:
        checks = check_all(store, datetime.now(UTC), observed_since)
        failure = store_check.find_failure() if checks["store"].ok else ""
        if failure:
            return {**checks, "store": Check(ok=False, detail=f"cannot be written: {failure}")}
        return checks

    @blueprint.get("/healthz")
    def show_health() -> dict[str, str]:
        """Return 200: the process has read its settings and quotas.yaml, and serves requests.

        Store and SMTP server are not checked, because restarting the webhook would not help them.
        """
        return {"status": "ok"}

    @blueprint.get("/readyz")
    def show_readiness() -> tuple[dict[str, Any], int]:
        """Return 200 if all checks pass, else 503. Both have the result of each check."""
        return _answer(check())

    @blueprint.get("/readyz/<name>")
    def show_one(name: str) -> tuple[dict[str, Any], int]:
        """Return the same for one check. Load balancers ask for ``store``.

        If they asked for all checks, they would keep alerts from the webhook because none arrive.
        """
        checks = check()
        if name not in checks:
            abort(HTTPStatus.NOT_FOUND, f"there is no check {name}; there are {', '.join(checks)}")
        return _answer({name: checks[name]})

    return blueprint


def check_all(store: Store, now: datetime, observed_since: datetime) -> Mapping[str, Check]:
    """Return all checks by name. While the store cannot be read, all of them fail."""
    try:
        with store.reading() as connection:
            status, wait = read_status(connection), longest_wait(connection, now)
            undelivered = count_undelivered(connection, now)
    except StoreError:
        unknown = Check(ok=False, detail="not known while the store cannot be read")
        checks = {"store": Check(ok=False, detail="the store cannot be read; see the log")}
        return checks | dict.fromkeys(("queue", "delivery", "undelivered", "watchdog"), unknown)
    since = missing_since(status, now, observed_since)
    return {
        "store": Check(ok=True, detail="can be read and written"),
        "queue": Check(
            wait is None or wait <= OLDEST_WAITING,
            "empty" if wait is None else f"the oldest mail waits for {int(wait.total_seconds())} s",
        ),
        "delivery": _check_delivery(status, now, observed_since),
        "undelivered": Check(
            not undelivered,
            f"mails that failed or expired within a day: {undelivered}" if undelivered else "none",
        ),
        "watchdog": Check(
            since is None,
            "comes" if since is None else f"has not come since {format_time(since)}",
        ),
    }


def _check_delivery(
    status: Mapping[str, StatusValue], now: datetime, observed_since: datetime
) -> Check:
    held, seen = status.get(HELD), status.get(DELIVERER)
    if held is not None:
        return Check(ok=False, detail=f"held since {format_time(held.at)}: {held.value}")
    last = max(seen.at, observed_since) if seen else observed_since
    if now - last > DELIVERER_ABSENT:
        return Check(ok=False, detail="no delivery process; run: flask --app webhook deliver")
    return Check(ok=True, detail="runs")


def _answer(checks: Mapping[str, Check]) -> tuple[dict[str, Any], int]:
    ok = all(check.ok for check in checks.values())
    shown = {name: {"ok": check.ok, "detail": check.detail} for name, check in checks.items()}
    code = HTTPStatus.OK if ok else HTTPStatus.SERVICE_UNAVAILABLE
    return {"status": "ok" if ok else "failing", "checks": shown}, code
