"""Generate gateways for a benchmark, and when scrapes of them succeed.

The gateways are random, but the same for the same source of chance:

- static gateways were started long before Prometheus, and are restarted now and then;
- pods are started and removed, each as a new target;
- scrapes fail, 1 to 40 in a row;
- Prometheus itself is down once for some minutes. Then nothing is scraped, and no series is marked
  as stale.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

GRID_SECONDS = 5
SCRAPE_SECONDS = 15
DAY_SECONDS = 86_400
# No bytes move in the first and last 15 minutes, so that the first and the last scrape of each
# counter come before and after all of its bytes.
QUIET_SECONDS = 900
MOST_FAILING = 40
STATIC_GATEWAYS = 4
PODS_A_DAY = 16


@dataclass(frozen=True)
class Span:
    """A range of time in seconds, without its end."""

    start: float
    end: float

    def contains(self, time: float) -> bool:
        """Return whether a time is in the range."""
        return self.start <= time < self.end


@dataclass(frozen=True)
class Gateway:
    """A scrape target: in which spans its process runs, and in which spans scrapes of it fail.

    A gateway counts from zero in each run. A pod has one run and is a target only during it. A
    static gateway is a target all the time.
    """

    instance: str
    runs: tuple[Span, ...]
    failing: tuple[Span, ...]
    phase_seconds: int
    is_pod: bool

    def run_at(self, time: float) -> Span | None:
        """Return the run that contains a time, or None."""
        return next((run for run in self.runs if run.contains(time)), None)


@dataclass(frozen=True)
class Scrape:
    """One scrape. ``run`` is None if it failed; if it was not ``tried``, Prometheus did nothing."""

    time: int
    tried: bool
    run: Span | None


def make_gateways(chance: random.Random, seconds: int) -> list[Gateway]:
    """Return the gateways of a stretch of time that starts at 0."""
    return [*_static_gateways(chance, seconds), *_pods(chance, seconds)]


def scrapes_of(gateway: Gateway, down: Span, seconds: int) -> list[Scrape]:
    """Return all scrapes of a gateway; Prometheus is down in one span."""
    scrapes = []
    for time in range(gateway.phase_seconds, seconds, SCRAPE_SECONDS):
        run = gateway.run_at(time)
        tried = not down.contains(time) and not (gateway.is_pod and run is None)
        failed = not tried or any(span.contains(time) for span in gateway.failing)
        scrapes.append(Scrape(time, tried, None if failed else run))
    return scrapes


def _static_gateways(chance: random.Random, seconds: int) -> Iterator[Gateway]:
    for number in range(STATIC_GATEWAYS):
        runs, start = [], -1.0
        while start < seconds:
            end = max(start, QUIET_SECONDS) + chance.expovariate(1 / 14_400)
            runs.append(Span(start, end))
            start = end + chance.uniform(2, 90)
        yield _gateway(chance, f"static-{number}:8100", runs, is_pod=False)


def _pods(chance: random.Random, seconds: int) -> Iterator[Gateway]:
    for number in range(round(PODS_A_DAY * seconds / DAY_SECONDS)):
        start = chance.uniform(QUIET_SECONDS, seconds - QUIET_SECONDS)
        run = Span(start, start + chance.uniform(1_800, 21_600))
        yield _gateway(chance, f"pod-{number}:8100", [run], is_pod=True)


def _gateway(
    chance: random.Random, instance: str, runs: Sequence[Span], *, is_pod: bool
) -> Gateway:
    failing, time = [], max(runs[0].start, 600)
    while time < runs[-1].end:
        time += chance.expovariate(1 / 7_200)
        count = min(MOST_FAILING, round(chance.paretovariate(0.7)))
        failing.append(Span(time, time + count * SCRAPE_SECONDS))
        time = failing[-1].end
    phase = GRID_SECONDS * chance.randrange(SCRAPE_SECONDS // GRID_SECONDS)
    return Gateway(instance, tuple(runs), tuple(failing), phase, is_pod)
