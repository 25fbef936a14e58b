"""The metrics of Kong 2.7: bandwidth by ``type`` and without consumers, and always latencies."""

from collections.abc import Iterator

from kong.mock.counters import Exchange
from kong.mock.metrics import gauges as common
from kong.mock.metrics.exposition import Family, Format, Observed
from kong.mock.metrics.histogram import Histogram
from kong.mock.metrics.text import Sample, full_name

LATENCY = Histogram(
    "latency",
    (
        *(1, 2, 5, 7, 10, 15, 20, 25, 30, 40, 50, 60, 70, 80, 90, 100, 200, 300, 400, 500),
        *(1000, 2000, 5000, 10000, 30000, 60000),
    ),
)


def increments(exchange: Exchange) -> Iterator[Sample]:
    """Yield what an exchange adds to counters and histograms."""
    parties = {"service": exchange.service, "route": exchange.route}
    status = {**parties, "code": exchange.code}
    yield full_name("http_status", status), 1
    for direction, size_bytes in exchange.moved_bytes():
        yield full_name("bandwidth", {**parties, "type": direction}), size_bytes
    for part, milliseconds in (
        ("request", exchange.request_ms),
        ("upstream", exchange.upstream_ms),
        ("kong", exchange.kong_ms),
    ):
        if milliseconds is not None:
            yield from LATENCY.observe(milliseconds, {**parties, "type": part})
    if exchange.consumer:
        yield full_name("http_consumer_status", {**status, "consumer": exchange.consumer}), 1


def start_gauges(observed: Observed) -> Iterator[Sample]:
    """Yield the gauges that only a start or a reload sets."""
    yield from common.dictionary_sizes(observed, {})


def gauges(observed: Observed) -> Iterator[Sample]:
    """Yield the gauges of a scrape."""
    for state, number in common.connections(observed.snapshot):
        yield full_name("nginx_http_current_connections", {"state": state}), number
    yield from common.memory(observed, {})


KONG_2_7 = Format(
    kong="2.7",
    families=common.FAMILIES
    | {
        "bandwidth": Family(
            "Total bandwidth in bytes consumed per service/route in Kong", "counter"
        ),
        "http_consumer_status": Family(
            "HTTP status codes for customer per service/route in Kong", "counter"
        ),
        "http_status": Family("HTTP status codes per service/route in Kong", "counter"),
        "latency": Family(
            "Latency added by Kong, total request time and upstream latency for each "
            "service/route in Kong",
            "histogram",
        ),
        "nginx_http_current_connections": Family("Number of HTTP connections", "gauge"),
    },
    # Without a database, Kong 2.7 has two of each cache.
    dictionaries=(
        *common.DICTIONARIES,
        ("kong_core_db_cache_2", 128 * common.MEBIBYTE, 0),
        ("kong_core_db_cache_miss_2", 12 * common.MEBIBYTE, 0),
        ("kong_db_cache_2", 128 * common.MEBIBYTE, 0),
        ("kong_db_cache_miss_2", 12 * common.MEBIBYTE, 0),
        ("kong_process_events", 5 * common.MEBIBYTE, 0),
    ),
    increments=increments,
    start_gauges=start_gauges,
    gauges=gauges,
    has_local_gauges=False,
)
