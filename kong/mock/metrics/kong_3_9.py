"""The metrics of Kong 3.9 with bandwidth_metrics, status_code_metrics and per_consumer."""

from collections.abc import Iterator

from kong.mock.counters import WORKSPACE, Exchange
from kong.mock.metrics import gauges as common
from kong.mock.metrics.exposition import Family, Format, Observed
from kong.mock.metrics.text import Sample, full_name


def increments(exchange: Exchange) -> Iterator[Sample]:
    """Yield what an exchange adds to the counters."""
    parties = {"service": exchange.service, "route": exchange.route}
    last = {"workspace": WORKSPACE, "consumer": exchange.consumer}
    for direction, size_bytes in exchange.moved_bytes():
        labels = {**parties, "direction": direction, **last}
        yield full_name("bandwidth_bytes", labels), size_bytes
    answer = {"code": exchange.code, "source": exchange.source}
    yield full_name("http_requests_total", {**parties, **answer, **last}), 1


def start_gauges(observed: Observed) -> Iterator[Sample]:
    """Yield the gauges that only a start or a reload sets."""
    yield full_name("node_info", {"node_id": observed.node_id, "version": "3.9.0"}), 1
    yield from common.dictionary_sizes(observed, {"node_id": observed.node_id})


def gauges(observed: Observed) -> Iterator[Sample]:
    """Yield the gauges of a scrape."""
    node = {"node_id": observed.node_id}
    subsystem = {**node, "subsystem": "http"}
    for state, number in common.connections(observed.snapshot):
        yield full_name("nginx_connections_total", {**subsystem, "state": state}), number
    yield full_name("nginx_requests_total", subsystem), observed.snapshot.total_requests
    yield full_name("nginx_timers", {"state": "running"}), 39
    yield full_name("nginx_timers", {"state": "pending"}), 1
    yield from common.memory(observed, node)


KONG_3_9 = Format(
    kong="3.9",
    families=common.FAMILIES
    | {
        "bandwidth_bytes": Family(
            "Total bandwidth (ingress/egress) throughput in bytes", "counter"
        ),
        "http_requests_total": Family(
            "HTTP status codes per consumer/service/route in Kong", "counter"
        ),
        "node_info": Family("Kong Node metadata information", "gauge"),
        "nginx_connections_total": Family("Number of connections by subsystem", "gauge"),
        "nginx_requests_total": Family("Number of requests total", "gauge"),
        "nginx_timers": Family("Number of nginx timers", "gauge"),
    },
    dictionaries=(*common.DICTIONARIES, ("kong_secrets", 5 * common.MEBIBYTE, 0)),
    increments=increments,
    start_gauges=start_gauges,
    gauges=gauges,
    has_local_gauges=True,
)
