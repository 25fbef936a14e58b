"""GET /metrics: how the API itself fares. No label holds what was asked or who asked."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Flask, Response, current_app, g, request
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from api.clients.cache import Memory

blueprint = Blueprint("measures", __name__)

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class _MemoryCollector(Collector):
    """What the memory tells of itself."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def collect(self) -> Iterator[Metric]:
        memory = self._memory
        yield GaugeMetricFamily("api_cache_bytes", "Size of what is cached", memory.used_bytes)
        yield GaugeMetricFamily("api_cache_limit_bytes", "Its bound", memory.size_bytes)
        lookups = CounterMetricFamily("api_cache_lookups", "Looks into the cache", labels=["found"])
        lookups.add_metric(["yes"], memory.hits)
        lookups.add_metric(["no"], memory.misses)
        yield lookups


@dataclass(frozen=True)
class Measures:
    """The metrics of one application."""

    registry: CollectorRegistry
    requests: Histogram
    queries: Histogram
    refused: Counter

    def observe_query(self, outcome: str, seconds: float) -> None:
        """Note a query of Prometheus: how it ended, and what it took."""
        self.queries.labels(outcome).observe(seconds)


def make_measures(memory: Memory) -> Measures:
    """Return new metrics, in a registry of their own."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    registry.register(_MemoryCollector(memory))
    return Measures(
        registry=registry,
        requests=Histogram(
            "api_request_duration_seconds",
            "Requests that were answered, by the rule of their path",
            ["path", "status"],
            buckets=_BUCKETS,
            registry=registry,
        ),
        queries=Histogram(
            "api_prometheus_query_duration_seconds",
            "Queries of Prometheus",
            ["outcome"],
            buckets=_BUCKETS,
            registry=registry,
        ),
        refused=Counter(
            "api_requests_unauthorized", "Requests without a valid token", registry=registry
        ),
    )


@blueprint.get("/metrics")
def show_measures() -> Response:
    """Return the metrics, as Prometheus reads them."""
    measures: Any = current_app.extensions["context"].measures
    return Response(generate_latest(measures.registry), content_type=CONTENT_TYPE_LATEST)


def register(app: Flask) -> None:
    """Make ``app`` measure each request."""
    app.before_request(_begin)
    app.after_request(_measure)


def _begin() -> None:
    g.began = time.perf_counter()


def _measure(response: Response) -> Response:
    path = request.url_rule.rule if request.url_rule is not None else "unknown"
    seconds = time.perf_counter() - g.began
    measures: Measures = current_app.extensions["context"].measures
    measures.requests.labels(path, response.status_code).observe(seconds)
    return response
