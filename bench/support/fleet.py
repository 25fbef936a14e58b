"""Made-up gateways whose bytes are known: what they moved, and what scrapes of them showed.

Each gateway counts from zero when it starts, makes a counter at its first request of a service and
forgets all when it stops. It is scraped every 15 s, at a phase of its own. Random, but the same for
the same seed:

- static gateways have run for long when Prometheus begins, and are restarted now and then;
- pods come and go, each a new instance;
- scrapes fail, 1 to 40 in a row;
- Prometheus itself is away once, for some minutes: nothing is scraped, and nothing is marked as
  stale, since nobody is there to do it.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

GRID_SECONDS = 5
SCRAPE_SECONDS = 15
DAY_SECONDS = 86_400
# Nothing is moved so near to the start and the end, so that all of it lies between looks.
QUIET_SECONDS = 900
COUNTED_BEFORE_BYTES = 10**11
MOST_FAILING = 40

KINDS = ("steady", "bursty", "rare", "tiny")
# Those that static gateways have counted since long ago; the others are yet to be asked for.
LONG_KNOWN = ("steady", "bursty")
SERVICES_OF_KIND = 2
STATIC_GATEWAYS = 4
PODS_A_DAY = 16


@dataclass(frozen=True)
class Span:
    """A stretch of time in seconds; its end is no part of it."""

    start: float
    end: float

    def holds(self, time: float) -> bool:
        """Return whether a time is in it."""
        return self.start <= time < self.end


@dataclass(frozen=True)
class Gateway:
    """A scrape target: its lives one after the other, and when scrapes of it fail.

    A pod is a target as long as it lives, a static gateway always.
    """

    instance: str
    lives: tuple[Span, ...]
    failing: tuple[Span, ...]
    phase_seconds: int
    is_pod: bool

    def life_at(self, time: float) -> Span | None:
        """Return the life that a time is in."""
        return next((life for life in self.lives if life.holds(time)), None)


@dataclass(frozen=True)
class Scrape:
    """One of a gateway: ``life`` is None where it failed; not ``tried`` leaves no trace."""

    time: int
    tried: bool
    life: Span | None


@dataclass(frozen=True)
class Service:
    """What a service moved: the bytes in all, and those that successful scrapes prove."""

    name: str
    kind: str
    requests: int
    moved_bytes: int
    seen_bytes: int


@dataclass(frozen=True)
class Fleet:
    """Series in promtool's notation, on a grid of 5 s, what they mean, and the time without."""

    series: Mapping[str, str]
    services: Sequence[Service]
    away: Span
    seconds: int


Requests = list[tuple[float, int]]


def make_fleet(seed: int, seconds: int = DAY_SECONDS) -> Fleet:
    """Return a fleet that is the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311 - made-up traffic, no secrets
    gateways = [*_static_gateways(chance, seconds), *_pods(chance, seconds)]
    middle = chance.uniform(0.3, 0.7) * seconds
    away = Span(middle, middle + chance.uniform(120, 900))
    scrapes = {gateway.instance: _scrapes(gateway, away, seconds) for gateway in gateways}
    series = {
        f'up{{job="kong", instance="{instance}"}}': _notation(
            mine, [int(scrape.life is not None) for scrape in mine]
        )
        for instance, mine in scrapes.items()
    }
    services = []
    for kind in KINDS:
        for number in range(SERVICES_OF_KIND):
            name = f"{kind}-{number}"
            requests = _requests(chance, kind, seconds)
            seen = 0
            for gateway, mine in _shared_out(chance, requests, gateways).items():
                counted = _counted(scrapes[gateway.instance], mine, gateway, kind)
                series[_counter(gateway.instance, name)] = _notation(
                    scrapes[gateway.instance], counted
                )
                seen += _proven(scrapes[gateway.instance], counted, is_pod=gateway.is_pod)
            moved = sum(size for _, size in requests)
            services.append(Service(name, kind, len(requests), moved, seen))
    return Fleet(series, services, away, seconds)


def _static_gateways(chance: random.Random, seconds: int) -> Iterator[Gateway]:
    for number in range(STATIC_GATEWAYS):
        lives, start = [], -1.0
        while start < seconds:
            end = max(start, QUIET_SECONDS) + chance.expovariate(1 / 14_400)
            lives.append(Span(start, end))
            start = end + chance.uniform(2, 90)
        yield _gateway(chance, f"static-{number}:8100", lives, is_pod=False)


def _pods(chance: random.Random, seconds: int) -> Iterator[Gateway]:
    for number in range(round(PODS_A_DAY * seconds / DAY_SECONDS)):
        start = chance.uniform(QUIET_SECONDS, seconds - QUIET_SECONDS)
        life = Span(start, start + chance.uniform(1_800, 21_600))
        yield _gateway(chance, f"pod-{number}:8100", [life], is_pod=True)


def _gateway(
    chance: random.Random, instance: str, lives: Sequence[Span], *, is_pod: bool
) -> Gateway:
    failing, time = [], max(lives[0].start, 600)
    while time < lives[-1].end:
        time += chance.expovariate(1 / 7_200)
        count = min(MOST_FAILING, round(chance.paretovariate(0.7)))
        failing.append(Span(time, time + count * SCRAPE_SECONDS))
        time = failing[-1].end
    phase = GRID_SECONDS * chance.randrange(SCRAPE_SECONDS // GRID_SECONDS)
    return Gateway(instance, tuple(lives), tuple(failing), phase, is_pod)


def _scrapes(gateway: Gateway, away: Span, seconds: int) -> list[Scrape]:
    scrapes = []
    for time in range(gateway.phase_seconds, seconds, SCRAPE_SECONDS):
        life = gateway.life_at(time)
        tried = not away.holds(time) and not (gateway.is_pod and life is None)
        failed = not tried or any(span.holds(time) for span in gateway.failing)
        scrapes.append(Scrape(time, tried, None if failed else life))
    return scrapes


def _requests(chance: random.Random, kind: str, seconds: int) -> Requests:
    """Return times and sizes of a service's requests, in order."""
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


def _shared_out(
    chance: random.Random, requests: Requests, gateways: Sequence[Gateway]
) -> dict[Gateway, Requests]:
    shares: dict[str, Requests] = {gateway.instance: [] for gateway in gateways}
    for time, size in requests:
        alive = [gateway for gateway in gateways if gateway.life_at(time)]
        shares[chance.choice(alive).instance].append((time, size))
    return {gateway: shares[gateway.instance] for gateway in gateways}


def _counted(
    scrapes: Sequence[Scrape], requests: Requests, gateway: Gateway, kind: str
) -> list[int | None]:
    """Return what each scrape finds in a counter; None where it finds none."""
    long_known = not gateway.is_pod and kind in LONG_KNOWN
    value: int | None = COUNTED_BEFORE_BYTES if long_known else None
    # Requests and ends of lives in the order of time; an end forgets what was counted.
    events = sorted(
        [*((time, size) for time, size in requests), *((life.end, 0) for life in gateway.lives)]
    )
    counted: list[int | None] = []
    position = 0
    for scrape in scrapes:
        while position < len(events) and events[position][0] <= scrape.time:
            size = events[position][1]
            value = (value or 0) + size if size else None
            position += 1
        counted.append(None if scrape.life is None else value)
    return counted


def _proven(scrapes: Sequence[Scrape], counted: Sequence[int | None], *, is_pod: bool) -> int:
    """Return the bytes that the scrapes of a counter prove: what anyone could know from them.

    A counter that was there at the scrape before and is not smaller moved the difference; any
    other started at zero. A pod is new, hence so are all of its counters; a static gateway's
    first scrape is where the count begins.
    """
    answered = [
        value for scrape, value in zip(scrapes, counted, strict=True) if scrape.life is not None
    ]
    before = None if is_pod else answered.pop(0)
    proven = 0
    for value in answered:
        if value is not None:
            proven += value - before if before is not None and value >= before else value
        before = value
    return proven


def _counter(instance: str, service: str) -> str:
    labels = {
        "job": "kong",
        "instance": instance,
        "service": service,
        "route": f"{service}-route",
        "direction": "egress",
    }
    text = ", ".join(f'{name}="{value}"' for name, value in labels.items())
    return f"kong_bandwidth_bytes{{{text}}}"


def _notation(scrapes: Sequence[Scrape], values: Sequence[int | None]) -> str:
    """Return a series as promtool reads it.

    What was there is marked as stale by the first scrape that lacks it, and by the end of a
    target; while Prometheus is away nothing is.
    """
    cells: list[str] = []
    present = False
    for number, (scrape, value) in enumerate(zip(scrapes, values, strict=True)):
        gone = not scrape.tried and number and scrapes[number - 1].tried and scrape.life is None
        if scrape.tried and value is not None:
            cells.append(str(value))
            present = True
        elif present and (scrape.tried or (gone and _ended(scrapes, number))):
            cells.append("stale")
            present = False
        else:
            cells.append("_")
        cells += ["_"] * (SCRAPE_SECONDS // GRID_SECONDS - 1)
    shift = ["_"] * (scrapes[0].time // GRID_SECONDS)
    return " ".join(_run(cell, len(list(same))) for cell, same in groupby([*shift, *cells]))


def _ended(scrapes: Sequence[Scrape], number: int) -> bool:
    """Return whether no scrape is tried from here on: the target is gone."""
    return not any(scrape.tried for scrape in scrapes[number:])


def _run(cell: str, times: int) -> str:
    if cell == "_" and times > 1:
        return f"_x{times}"
    return " ".join([cell] * times)
