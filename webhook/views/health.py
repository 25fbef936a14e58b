"""GET /healthz: whether the process answers. GET /readyz: whether alerts become mail."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

from flask import Blueprint, abort

from webhook.delivery.watchdog import silent_since
from webhook.mail.formatting import format_time
from webhook.store.database import Store, StoreError
from webhook.store.outbox import oldest_waiting
from webhook.store.status import DELIVERER, HELD, get_facts

OLDEST_WAITING = timedelta(hours=1)
DELIVERER_ABSENT = timedelta(minutes=2)


@dataclass(frozen=True)
class Check:
    """One thing that must be right, and what was found."""

    ok: bool
    detail: str


def create_blueprint(store: Store) -> Blueprint:
    """Return the blueprint, which reads the store."""
    blueprint = Blueprint("health", __name__)
    awake_since = datetime.now(UTC)

    @blueprint.get("/healthz")
    def show_health() -> dict[str, str]:
        """Return 200: the settings and quotas.yaml were read, and requests are served.

        It does not look at store or SMTP server: a restart of the webhook would not mend those.
        """
        return {"status": "ok"}

    @blueprint.get("/readyz")
    def show_readiness() -> tuple[dict[str, Any], int]:
        """Return 200 if alerts arrive and become mail, else 503 and what is wrong."""
        return _answer(look(store, datetime.now(UTC), awake_since))

    @blueprint.get("/readyz/<name>")
    def show_one(name: str) -> tuple[dict[str, Any], int]:
        """Return the same of one check: a load balancer asks for ``store`` alone.

        Were it to ask for all, it would keep alerts away from a webhook because none arrive.
        """
        checks = look(store, datetime.now(UTC), awake_since)
        if name not in checks:
            abort(HTTPStatus.NOT_FOUND, f"there is no check {name}; there are {', '.join(checks)}")
        return _answer({name: checks[name]})

    return blueprint


def look(store: Store, now: datetime, awake_since: datetime) -> Mapping[str, Check]:
    """Return all checks by name; where the store fails, the others are not known."""
    try:
        with store.reading() as connection:
            facts, oldest = get_facts(connection), oldest_waiting(connection)
    except StoreError:
        unknown = Check(ok=False, detail="not known while the store cannot be read")
        checks = {"store": Check(ok=False, detail="the store cannot be read; see the log")}
        return checks | dict.fromkeys(("queue", "delivery", "watchdog"), unknown)
    waits = now - oldest if oldest else timedelta(0)
    since = silent_since(facts, now, awake_since)
    return {
        "store": Check(ok=True, detail="can be read"),
        "queue": Check(
            waits <= OLDEST_WAITING,
            f"the oldest mail waits for {int(waits.total_seconds())} s" if oldest else "empty",
        ),
        "delivery": _look_at_delivery(facts, now, awake_since),
        "watchdog": Check(
            since is None,
            "comes" if since is None else f"has not come since {format_time(since)}",
        ),
    }


def _look_at_delivery(facts: Mapping[str, Any], now: datetime, awake_since: datetime) -> Check:
    held, seen = facts.get(HELD), facts.get(DELIVERER)
    if held is not None:
        return Check(ok=False, detail=f"held since {format_time(held.at)}: {held.value}")
    last = max(seen.at, awake_since) if seen else awake_since
    if now - last > DELIVERER_ABSENT:
        return Check(ok=False, detail="no delivery process; run: flask --app webhook deliver")
    return Check(ok=True, detail="runs")


def _answer(checks: Mapping[str, Check]) -> tuple[dict[str, Any], int]:
    ok = all(check.ok for check in checks.values())
    shown = {name: {"ok": check.ok, "detail": check.detail} for name, check in checks.items()}
    status = HTTPStatus.OK if ok else HTTPStatus.SERVICE_UNAVAILABLE
    return {"status": "ok" if ok else "failing", "checks": shown}, status
