"""Gateways and exchanges for the tests of the mock gateway."""

from itertools import cycle

from kong.mock.counters import Exchange
from kong.mock.gateway import Gateway
from kong.mock.memory.workers import Worker
from kong.mock.metrics.exposition import Format
from kong.mock.metrics.kong_3_9 import KONG_3_9

NODE_ID = "849373c5-45c1-4c1d-b595-fdeaea6daed8"


def exchange(
    name: str = "bun",
    consumer: str = "",
    *,
    code: int = 200,
    source: str = "service",
    size: tuple[int, int] = (80, 200),
    request_ms: int = 3,
) -> Exchange:
    """Return an exchange; ``size`` is its ingress and its egress in bytes."""
    return Exchange(
        *(f"{name}-service", f"{name}-route", consumer, code, source, *size),
        request_ms=request_ms,
        kong_ms=1,
        upstream_ms=2 if source == "service" else None,
    )


def make_gateway(
    kong: Format = KONG_3_9, *, workers: int = 1, dictionary_bytes: int = 5 * 1024**2
) -> tuple[Gateway, list[Worker]]:
    """Return a gateway that never syncs by itself, and its workers."""
    order = cycle(range(workers))
    gateway = Gateway(
        kong,
        workers=workers,
        first_pid=2071,
        dictionary_bytes=dictionary_bytes,
        node_id=NODE_ID,
        choose=lambda found: found[next(order)],
    )
    return gateway, [gateway.worker() for _ in range(workers)]


def count(gateway: Gateway, worker: Worker, *exchanges: Exchange) -> None:
    """Let a worker count exchanges."""
    for one in exchanges:
        gateway.counters.begin()
        gateway.finish(worker, one)


def value(text: str, key: str) -> str | None:
    """Return the value of a sample in the text of /metrics, or None."""
    for line in text.splitlines():
        name, _, found = line.rpartition(" ")
        if name == key:
            return found
    return None
