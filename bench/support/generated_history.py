"""Generate the past 75 minutes of many gateways, for remote write."""

from collections.abc import Iterator

from bench.support.remote_write import Series
from quotas import names

SCRAPE_SECONDS = 15
TARGETS = 20
COUNTERS_OF_TARGET = 500
SCRAPES = 301
# An empty Prometheus rejects samples that are more than an hour older than its newest one.
SCRAPES_AT_ONCE = 100


def _labels(number: int, direction: str) -> dict[str, str]:
    service = f"service-{number}"
    return {
        names.SERVICE: service,
        names.ROUTE: f"{service}-route",
        names.WORKSPACE: "default",
        names.DIRECTION: direction,
    }


def recent_hour(
    now: int, gateways: int = TARGETS, counters: int = COUNTERS_OF_TARGET
) -> Iterator[list[Series]]:
    """Yield the past 75 minutes of gateways with so many counters each, in parts by time."""
    for first in range(0, SCRAPES, SCRAPES_AT_ONCE):
        scrapes = range(first, min(first + SCRAPES_AT_ONCE, SCRAPES))
        yield list(_recent(now, scrapes, gateways, counters))


def _recent(now: int, scrapes: range, gateways: int, counters: int) -> Iterator[Series]:
    for gateway in range(gateways):
        # The scrapes of the gateways are spread over the interval.
        phase = gateway * SCRAPE_SECONDS / gateways
        times = [now - SCRAPE_SECONDS * (SCRAPES - n) + phase for n in scrapes]
        target = {"job": names.GATEWAY_JOB, "instance": f"10.0.0.{gateway}:8100"}
        node = {**target, "node_id": f"node-{gateway}"}
        yield {"__name__": "up", **target}, [(time, 1) for time in times]
        yield {"__name__": "kong_node_info", **node}, [(time, 1) for time in times]
        requests = {"__name__": "kong_nginx_requests_total", "subsystem": "http", **node}
        yield requests, [(time, 7_919 * n) for time, n in zip(times, scrapes, strict=True)]
        for counter in range(counters):
            step = 1_000 + gateway * 7_919 + counter * 104_729
            values = [step * n + n * 7_919 % step for n in scrapes]
            yield (
                {
                    "__name__": names.GATEWAY_BYTES,
                    **target,
                    **_labels(counter // 10, (names.EGRESS, names.INGRESS)[counter % 2]),
                    names.ROUTE: f"route-{counter // 2}",
                    names.CONSUMER: f"consumer-{counter % 7}",
                },
                list(zip(times, values, strict=True)),
            )
