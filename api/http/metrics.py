"""The API's own metrics. No label contains a query or identifies the caller."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from flask import Flask, Response, g, request
from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from api.clients.cache import Cache

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class _CacheCollector(Collector):
    def __init__(self, cache: Cache) -> None:
        self._cache = cache

    def collect(self) -> Iterator[Metric]:
        cache = self._cache
        yield GaugeMetricFamily("api_cache_bytes", "Size of what is cached", cache.used_bytes)
        yield GaugeMetricFamily("api_cache_limit_bytes", "Its bound", cache.size_bytes)
        lookups = CounterMetricFamily("api_cache_lookups", "Looks into the cache", labels=["found"])
        lookups.add_metric(["yes"], cache.hits)
        lookups.add_metric(["no"], cache.misses)
        yield lookups


@dataclass(frozen=True)
class Metrics:
    """The metrics of one application."""

    registry: CollectorRegistry
    requests: Histogram
    queries: Histogram
    unauthorized: Counter

    def observe_query(self, outcome: str, seconds: float) -> None:
        """Record a query of Prometheus: its outcome and duration."""
        self.queries.labels(outcome).observe(seconds)


def make_metrics(cache: Cache) -> Metrics:
    """Return new metrics, in a registry of their own."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    registry.register(_CacheCollector(cache))
    return Metrics(
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
        unauthorized=Counter(
            "api_requests_unauthorized", "Requests without a valid token", registry=registry
        ),
    )


def register(app: Flask, metrics: Metrics) -> None:
    """Make ``app`` measure each request."""
    app.before_request(_begin)
    app.after_request(_observe_with(metrics))


def _begin() -> None:
    g.began = time.perf_counter()


def _observe_with(metrics: Metrics) -> Callable[[Response], Response]:
    def observe(response: Response) -> Response:
        path = request.url_rule.rule if request.url_rule is not None else "unknown"
        seconds = time.perf_counter() - g.began
        metrics.requests.labels(path, response.status_code).observe(seconds)
        return response

    return observe
