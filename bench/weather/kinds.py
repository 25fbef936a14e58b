"""Measure what the rules count while one kind of weather happens to gateways again and again."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bench.weather.simulation import Event, simulate
from quotas import names

GATEWAYS, SCRAPES, SCRAPE_SECONDS = 4, 1_440, 15
EVENTS = 24
# No events in the first and last minutes.
QUIET_SCRAPES = 80
# Returns by column the bytes of each route, for the series of a simulation.
Count = Callable[[Mapping[str, str], int], Mapping[str, Mapping[str, float]]]


@dataclass(frozen=True)
class Weather:
    """What happens, for how many scrapes, and whether gateways show their requests and nodes."""

    title: str
    kinds: Sequence[str]
    lasting: Sequence[int]
    has_evidence: bool = True


WEATHERS = (
    Weather("none", (), ()),
    Weather("scrapes fail", ("fail",), (1, 2, 6, 20)),
    Weather("one counter is hidden", ("hide",), (1, 2, 6, 20)),
    Weather("all counters are hidden", ("hide all",), (1, 2, 6, 20)),
    Weather("restarts", ("restart",), (1,)),
    Weather("restarts without evidence", ("restart",), (1,), has_evidence=False),
    Weather("a label of the target changes", ("relabel",), (1,)),
    Weather("two up series", ("twice up",), (1, 6, 20)),
    Weather("counters are not numbers", ("nan",), (1, 2, 6)),
    Weather("Prometheus is away ten times", ("down",), (3, 6, 12)),
    Weather("all of these", ("fail", "hide", "restart", "relabel", "twice up", "nan"), (1, 2, 6)),
)


@dataclass(frozen=True)
class Outcome:
    """The bytes moved, and by column those counted and the routes that count more than moved."""

    moved: int
    counted: Mapping[str, float]
    above: Mapping[str, int]


def measure_weather(weather: Weather, count: Count, seed: int) -> Outcome:
    """Return what is counted in six hours of one kind of weather."""
    chance = random.Random(seed)  # noqa: S311 - generated traffic, no secrets
    events = [
        Event(
            chance.choice(weather.kinds),
            chance.randrange(GATEWAYS),
            chance.randrange(QUIET_SCRAPES, SCRAPES - QUIET_SCRAPES),
            chance.choice(weather.lasting),
        )
        for _ in range((10 if "down" in weather.kinds else EVENTS) if weather.kinds else 0)
    ]
    world = simulate(events, gateways=GATEWAYS, scrapes=SCRAPES, seed=seed)
    scraped = {
        series: values
        for series, values in world.scraped.items()
        if weather.has_evidence or not series.startswith("kong_n")
    }
    found = count(scraped, SCRAPES * SCRAPE_SECONDS + 75)
    return Outcome(
        sum(world.moved.values()),
        {way: sum(routes.get(name, 0) for name in world.moved) for way, routes in found.items()},
        {
            way: sum(routes.get(name, 0) > moved for name, moved in world.moved.items())
            for way, routes in found.items()
        },
    )


def totals_query(seconds: int) -> str:
    """Return a query for the bytes of each route that the rules counted in some seconds."""
    return f"sum by ({names.ROUTE}) (sum_over_time({names.DELTA}[{seconds}s]))"


def increase_query(seconds: int) -> str:
    """Return a query for the bytes of each route by ``increase()`` over some seconds."""
    return f"sum by ({names.ROUTE}) (increase({names.GATEWAY_BYTES}[{seconds}s]))"
