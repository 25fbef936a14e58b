"""Generate a fleet of gateways and its traffic, with known byte counts.

For each service, the fleet knows the bytes that were moved, and the bytes that can be known from
the successful scrapes.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.weather.gateways import (
    DAY_SECONDS,
    QUIET_SECONDS,
    Gateway,
    Scrape,
    Span,
    make_gateways,
    scrapes_of,
)
from bench.weather.promtool_series import series_values

COUNTED_BEFORE_BYTES = 10**11
KINDS = ("steady", "bursty", "rare", "tiny")
# Static gateways have counters of these services from the start. Counters of the other services
# appear with their first request.
EXISTING_KINDS = ("steady", "bursty")
SERVICES_OF_KIND = 2


@dataclass(frozen=True)
class Service:
    """The traffic of a service: the bytes that it moved, and those that the scrapes prove."""

    name: str
    kind: str
    requests: int
    moved_bytes: int
    proven_bytes: int


@dataclass(frozen=True)
class Fleet:
    """What Prometheus scraped, in the notation of promtool, and the truth about it.

    Prometheus is ``down`` in one span of all ``seconds``.
    """

    series: Mapping[str, str]
    services: Sequence[Service]
    down: Span
    seconds: int


# Time and size of each request.
Requests = list[tuple[float, int]]


def make_fleet(seed: int, seconds: int = DAY_SECONDS) -> Fleet:
    """Return a fleet; the same seed gives the same fleet."""
    chance = random.Random(seed)  # noqa: S311 - generated traffic, no secrets
    gateways = make_gateways(chance, seconds)
    middle = chance.uniform(0.3, 0.7) * seconds
    down = Span(middle, middle + chance.uniform(120, 900))
    scrapes = {gateway.instance: scrapes_of(gateway, down, seconds) for gateway in gateways}
    series = {
        f'up{{job="kong", instance="{instance}"}}': series_values(
            mine, [int(scrape.run is not None) for scrape in mine]
        )
        for instance, mine in scrapes.items()
    }
    for instance, looks in scrapes.items():
        target = f'job="kong", instance="{instance}", node_id="{instance}"'
        series[f'kong_nginx_requests_total{{{target}, subsystem="http"}}'] = series_values(
            looks, [_requests_at(scrape) for scrape in looks]
        )
        series[f"kong_node_info{{{target}}}"] = series_values(
            looks, [None if scrape.run is None else 1 for scrape in looks]
        )
    services = []
    for kind in KINDS:
        for number in range(SERVICES_OF_KIND):
            name = f"{kind}-{number}"
            requests = _requests(chance, kind, seconds)
            proven = 0
            for gateway, mine in _distribute(chance, requests, gateways).items():
                values = _scraped_values(scrapes[gateway.instance], mine, gateway, kind)
                series[_counter_name(gateway.instance, name)] = series_values(
                    scrapes[gateway.instance], values
                )
                proven += _proven_bytes(scrapes[gateway.instance], values, is_pod=gateway.is_pod)
            moved = sum(size for _, size in requests)
            services.append(Service(name, kind, len(requests), moved, proven))
    return Fleet(series, services, down, seconds)


def _requests_at(scrape: Scrape) -> int | None:
    """Return the gateway's own count of requests, about two a second since it was started."""
    if scrape.run is None:
        return None
    before = 10**6 if scrape.run.start < 0 else 0
    return before + round(2 * (scrape.time - scrape.run.start)) + 1


def _requests(chance: random.Random, kind: str, seconds: int) -> Requests:
    """Return the requests of a service, sorted by time."""
    first, last = QUIET_SECONDS, seconds - QUIET_SECONDS
    if kind == "steady":
        times = [float(time) for time in range(first, last, 2)]
        return [(time, chance.randint(8_000, 12_000)) for time in times]
    if kind == "tiny":
        count = seconds // 60
        times = sorted(chance.uniform(first, last) for _ in range(count))
        return [(time, chance.randint(1, 60)) for time in times]
    if kind == "rare":
        times = sorted(chance.uniform(first, last) for _ in range(160))
        return [(time, chance.randint(10_000, 10_000_000)) for time in times]
    bursts = [chance.uniform(first, last) for _ in range(40)]
    times = sorted(burst + chance.uniform(0, 40) for burst in bursts for _ in range(50))
    return [(time, chance.randint(1_000, 1_000_000)) for time in times]


def _distribute(
    chance: random.Random, requests: Requests, gateways: Sequence[Gateway]
) -> dict[Gateway, Requests]:
    """Send each request to one of the gateways that run at its time."""
    shares: dict[str, Requests] = {gateway.instance: [] for gateway in gateways}
    for time, size in requests:
        running = [gateway for gateway in gateways if gateway.run_at(time)]
        shares[chance.choice(running).instance].append((time, size))
    return {gateway: shares[gateway.instance] for gateway in gateways}


def _scraped_values(
    scrapes: Sequence[Scrape], requests: Requests, gateway: Gateway, kind: str
) -> list[int | None]:
    """Return the value of a counter in each scrape, or None where the scrape does not show it."""
    exists = not gateway.is_pod and kind in EXISTING_KINDS
    value: int | None = COUNTED_BEFORE_BYTES if exists else None
    # Requests and ends of runs, sorted by time. A size of 0 is the end of a run, which drops the
    # counter.
    events = sorted([*requests, *((run.end, 0) for run in gateway.runs)])
    values: list[int | None] = []
    position = 0
    for scrape in scrapes:
        while position < len(events) and events[position][0] <= scrape.time:
            size = events[position][1]
            value = (value or 0) + size if size else None
            position += 1
        values.append(None if scrape.run is None else value)
    return values


def _proven_bytes(scrapes: Sequence[Scrape], values: Sequence[int | None], *, is_pod: bool) -> int:
    """Return the bytes that successful scrapes of a counter prove.

    If the counter was there in the scrape before and did not fall, it moved the difference.
    Otherwise, and if the gateway's own count of requests fell, it started at zero. All counters of
    a pod start at zero; those of a static gateway start at the value of its first scrape.
    """
    answered = [
        (_requests_at(scrape) or 0, value)
        for scrape, value in zip(scrapes, values, strict=True)
        if scrape.run is not None
    ]
    requests_before, before = (0, None) if is_pod else answered.pop(0)
    proven = 0
    for requests, value in answered:
        if requests < requests_before:
            before = None
        requests_before = requests
        if value is not None:
            proven += value - before if before is not None and value >= before else value
        before = value
    return proven


def _counter_name(instance: str, service: str) -> str:
    labels = {
        "job": "kong",
        "instance": instance,
        "service": service,
        "route": f"{service}-route",
        "direction": "egress",
    }
    text = ", ".join(f'{name}="{value}"' for name, value in labels.items())
    return f"kong_bandwidth_bytes{{{text}}}"
