"""Whether alerts reach an Alertmanager."""

import time
from collections.abc import Iterator
from typing import Any

from quotas import names
from quotas.prometheus.checks.finding import Finding, not_checked
from quotas.prometheus.client import PrometheusClient, PrometheusError
from quotas.prometheus.detection import flags_of
from quotas.prometheus.engine import Engine
from quotas.settings import hide_password

# For some seconds after a reload, Prometheus does not know its Alertmanagers.
ATTEMPTS = 4
SECONDS_BETWEEN_ATTEMPTS = 2

_RULERS = {Engine.THANOS: "the Thanos Ruler", Engine.VICTORIA_METRICS: "vmalert"}


def check_connection(server: PrometheusClient, engine: Engine) -> Iterator[Finding]:
    """Yield whether the server that evaluates the rules knows an Alertmanager."""
    active: list[str] | None = []
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(SECONDS_BETWEEN_ATTEMPTS)
        active = _find_alertmanagers(server, engine)
        if active is None:
            ruler = f", or --rules-url to {_RULERS[engine]}" if engine in _RULERS else ""
            yield not_checked("whether alerts arrive", engine, f"set --alertmanager-url{ruler}")
            return
        if active:
            yield Finding(good=True, text=f"alerts go to {', '.join(active)}")
            return
    yield Finding(good=False, text="no Alertmanager is connected; see alerting: in its config")


def check_arrival(alertmanager: PrometheusClient) -> Iterator[Finding]:
    """Yield whether the alert that always fires has arrived at an Alertmanager."""
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(SECONDS_BETWEEN_ATTEMPTS)
        alerts = alertmanager.read_json(
            "/api/v2/alerts", filter=f'alertname="{names.WATCHDOG_ALERT}"'
        )
        if alerts:
            yield Finding(good=True, text=f"alerts arrive at {alertmanager.url}")
            return
    yield Finding(
        good=False,
        text=f"{names.WATCHDOG_ALERT}, which always fires, is not at {alertmanager.url}; after a "
        f"reload wait two minutes, then check where the ruler sends alerts",
    )


def _find_alertmanagers(server: PrometheusClient, engine: Engine) -> list[str] | None:
    """Return the addresses to which a server sends alerts; None if it does not say."""
    if engine is Engine.PROMETHEUS:
        found = server.ask("/api/v1/alertmanagers")["activeAlertmanagers"]
        return [alertmanager["url"] for alertmanager in found]
    if engine is Engine.THANOS:
        urls = str(flags_of(server).get("alertmanagers.url", ""))
        return [hide_password(url) for url in urls.split(",") if url] or None
    if engine is Engine.VICTORIA_METRICS:
        return _find_notifiers(server)
    return None


def _find_notifiers(vmalert: PrometheusClient) -> list[str] | None:
    try:
        data: Any = vmalert.ask("/api/v1/notifiers")
    except PrometheusError:
        # Version 1.79 does not say.
        return None
    found = [target["address"] for one in data["notifiers"] or () for target in one["targets"]]
    # vmalert does not start without any. What answers queries has an empty list, too.
    return found or None
