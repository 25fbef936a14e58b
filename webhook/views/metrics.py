"""GET /metrics: requests and alerts counted by this process, and the outbox as stored."""

import os
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from flask import Flask, Response, g, request
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from webhook.alerts.missing_watchdog import missing_since
from webhook.alerts.payload import Payload, PayloadError, PayloadTooLargeError
from webhook.intake import IntakeResult
from webhook.store.counters import (
    ATTEMPTS,
    BUCKETS_SECONDS,
    SECONDS_BUCKET,
    SECONDS_SUM,
    count_states,
    longest_wait,
    read_counters,
)
from webhook.store.database import Store, StoreError
from webhook.store.sending.undelivered import count_undelivered
from webhook.store.status import DELIVERER, HELD, WATCHDOG, read_status
from webhook.store.tables import STATES

_RESULTS = ("sent", "later", "failed", "expired", "held", "unreachable")


class Metrics:
    """The metrics of this process, and those that are read from the store."""

    def __init__(self, store: Store) -> None:
        self._requests = Counter(
            "webhook_requests", "Requests to /alerts, by status.", ["status"], registry=None
        )
        self._seconds = Histogram(
            "webhook_request_seconds",
            "How long an answer of /alerts took.",
            registry=None,
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
        )
        self._alerts = Counter(
            "webhook_alerts",
            "Alerts, by result: new to a recipient, known to all of them, or not notified.",
            ["result"],
            registry=None,
        )
        self._refused = Counter(
            "webhook_refused_payloads",
            "Payloads that were refused, by reason: too large, or invalid.",
            ["reason"],
            registry=None,
        )
        self._left_out = Counter(
            "webhook_left_out_alerts",
            "Alerts that Alertmanager left out of payloads (truncatedAlerts).",
            registry=None,
        )
        self._own = (self._requests, self._seconds, self._alerts, self._refused, self._left_out)
        self._outbox = _OutboxCollector(store)

    def register(self, app: Flask) -> None:
        """Measure every request to /alerts, and serve GET /metrics."""

        def begin() -> None:
            g.began = time.perf_counter()

        def end(response: Response) -> Response:
            if request.path == "/alerts":
                self._requests.labels(str(response.status_code)).inc()
                self._seconds.observe(time.perf_counter() - g.began)
            return response

        app.before_request(begin)
        app.after_request(end)
        app.add_url_rule("/metrics", view_func=self.show)

    def count_alerts(self, payload: Payload, result: IntakeResult) -> None:
        """Count the alerts of a payload, and those that Alertmanager left out of it."""
        results = {"new": result.new, "known": result.known}
        results["untold"] = max(0, len(payload.alerts) - sum(results.values()))
        for label, number in results.items():
            self._alerts.labels(label).inc(number)
        self._left_out.inc(max(0, payload.truncated_alerts))

    def count_refused(self, error: PayloadError) -> None:
        """Count a payload that is refused because of this error."""
        is_too_large = isinstance(error, PayloadTooLargeError)
        self._refused.labels("too_large" if is_too_large else "invalid").inc()

    def show(self) -> Response:
        """Return all metrics in Prometheus's text format."""
        registry = CollectorRegistry()
        if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
            # Several gunicorn processes share this folder, and each answers for all of them.
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call] # it ships no type here
        else:
            for metric in self._own:
                registry.register(metric)
        registry.register(self._outbox)
        return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class _OutboxCollector(Collector):
    def __init__(self, store: Store) -> None:
        self._store = store
        self._observed_since = datetime.now(UTC)

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics of the store. If it cannot be read, yield only that."""
        now = datetime.now(UTC)
        try:
            with self._store.reading() as connection:
                status, states = read_status(connection), count_states(connection)
                wait, counters = longest_wait(connection, now), read_counters(connection)
                undelivered = count_undelivered(connection, now)
        except StoreError:
            yield _gauge("webhook_store_up", "Whether the store can be read.", 0)
            return
        yield _gauge("webhook_store_up", "Whether the store can be read.", 1)
        mails = GaugeMetricFamily("webhook_outbox_mails", "Mails by state.", labels=["state"])
        for state in STATES:
            mails.add_metric([state], states.get(state, 0))
        yield mails
        waits = wait.total_seconds() if wait else 0
        yield _gauge(
            "webhook_outbox_oldest_seconds", "For how long the oldest mail has waited.", waits
        )
        yield _gauge(
            "webhook_undelivered_mails",
            "Mails that failed or expired within a day, and were not queued again.",
            undelivered,
        )
        attempts = CounterMetricFamily(
            "webhook_smtp_attempts", "Attempts to send a mail, by result.", labels=["result"]
        )
        for result in _RESULTS:
            attempts.add_metric([result], counters.get(ATTEMPTS, {}).get(result, 0))
        yield attempts
        seconds = counters.get(SECONDS_SUM, {}).get("", 0)
        yield _deliveries(counters.get(SECONDS_BUCKET, {}), seconds)
        yield _gauge(
            "webhook_delivery_held",
            "1 while the server accepts no mail at all.",
            HELD in status,
        )
        is_missing = missing_since(status, now, self._observed_since) is not None
        yield _gauge("webhook_watchdog_silent", "1 while alerts do not arrive.", is_missing)
        for name, key, text in (
            ("webhook_watchdog_seen_timestamp_seconds", WATCHDOG, "When the watchdog last came."),
            ("webhook_deliverer_seen_timestamp_seconds", DELIVERER, "When delivery last ran."),
        ):
            seen = status.get(key)
            yield _gauge(name, text, seen.at.timestamp() if seen else 0)


def _deliveries(counts: Mapping[str, float], seconds: float) -> Metric:
    buckets, total = [], 0.0
    for bound in (*map(str, BUCKETS_SECONDS), "+Inf"):
        total += counts.get(bound, 0)
        buckets.append((bound, total))
    family = HistogramMetricFamily(
        "webhook_delivery_seconds", "From a mail's commit to its acceptance by the SMTP server."
    )
    family.add_metric([], buckets, seconds)
    return family


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value)
