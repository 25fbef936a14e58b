"""Simulated gateways in bad weather: what Prometheus scrapes of them, and what really moved.

Each route of each gateway has a counter of its own, so that what the rules count of it can be
compared with what it moved. Counters start at a value that stands for a year of traffic: if it ever
enters a result, the result is far above the truth.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from quotas import names
from quotas.promql import select

YEAR_BYTES = 10**12
# A scrape in the notation of promtool: no sample, or the marker of a series that has ended.
NOTHING, ENDED = "_", "stale"
ROUTES = 3
# Of the scrapes, those before which a route had traffic.
_SHARE_WITH_TRAFFIC = 0.3


@dataclass(frozen=True)
class Event:
    """Something that happens to one gateway at a scrape, and how many scrapes it lasts."""

    kind: str
    gateway: int
    scrape: int
    lasting: int


def begin_later(events: Sequence[Event], scrapes: int) -> list[Event]:
    """Return these events, so many scrapes later."""
    return [replace(event, scrape=event.scrape + scrapes) for event in events]


def repeat(events: Sequence[Event], after: int) -> list[Event]:
    """Return these events, which happen again after some scrapes. They do not if that is 0."""
    return [*events, *(begin_later(events, after) if after else [])]


# What can happen. Those in the second line need a gateway that names its node, as Kong 3 does.
KINDS = (
    *("fail", "gone", "down", "hide", "hide all", "nan", "restart", "relabel", "twice up"),
    *("rename", "new node", "replica", "twin"),
)


@dataclass
class _Node:
    name: str
    requests: int
    counters: list[int | None]


@dataclass
class _Gateway:
    number: int
    chance: random.Random
    has_replica: bool
    node: _Node = field(init=False)
    replica: _Node = field(init=False)
    moved: list[int] = field(default_factory=lambda: [0] * ROUTES)
    environment: int = 0
    address: int = 0
    generation: int = 0

    def __post_init__(self) -> None:
        old: list[int | None] = [YEAR_BYTES, YEAR_BYTES // 3, None]
        self.node = _Node(f"n{self.number}-0", 10**6, old)
        self.replica = _Node(f"r{self.number}", 10**7, [YEAR_BYTES // 2, None, YEAR_BYTES // 5])

    def restart(self, *, is_new_node: bool) -> None:
        self.generation += is_new_node
        self.node = _Node(f"n{self.number}-{self.generation}", 0, [None] * ROUTES)

    def serve(self, *, is_observed: bool) -> None:
        self.node.requests += self.chance.randint(1, 9)
        self.replica.requests += self.chance.randint(1, 9)
        for route in range(ROUTES):
            for node in (self.node, self.replica)[: 1 + self.has_replica]:
                if self.chance.random() < _SHARE_WITH_TRAFFIC:
                    size = self.chance.choice((1, 700, 10**9))
                    node.counters[route] = (node.counters[route] or 0) + size
                    self.moved[route] += size * is_observed


@dataclass(frozen=True)
class World:
    """What Prometheus scrapes, in the notation of promtool, and the bytes of each route."""

    scraped: dict[str, str]
    moved: dict[str, int]


def simulate(events: Sequence[Event], *, gateways: int, scrapes: int, seed: int) -> World:
    """Return what happens to gateways with traffic if these events happen."""
    chance = random.Random(seed)  # noqa: S311 - traffic, no secrets
    replicated = {event.gateway for event in events if event.kind == "replica"}
    world = [_Gateway(number, chance, number in replicated) for number in range(gateways)]
    columns: dict[str, list[str]] = {}
    for scrape in range(scrapes):
        seen: dict[str, str] = {}
        now = [e for e in events if e.scrape <= scrape < e.scrape + e.lasting]
        is_down = any(event.kind == "down" for event in now)
        for gateway in world:
            mine = [event for event in now if event.gateway == gateway.number]
            _happen(gateway, mine, scrape)
            # What moved before the first scrape is part of its values, and does not count.
            gateway.serve(is_observed=scrape > 0)
            if not is_down:
                seen |= _scrape(gateway, {event.kind for event in mine}, scrape)
        _append(columns, seen, scrape, is_down=is_down)
    moved = {
        f"g{gateway.number}-{route}": gateway.moved[route]
        for gateway in world
        for route in range(ROUTES)
    }
    return World({name: " ".join(values) for name, values in columns.items()}, moved)


def _happen(gateway: _Gateway, events: Sequence[Event], scrape: int) -> None:
    for event in events:
        if event.scrape == scrape:
            match event.kind:
                case "restart" | "new node":
                    gateway.restart(is_new_node=event.kind == "new node")
                case "relabel":
                    gateway.environment += 1
                case "rename":
                    gateway.address += 1


def _scrape(gateway: _Gateway, kinds: set[str], scrape: int) -> dict[str, str]:
    if "gone" in kinds:
        return {}
    found: dict[str, str] = {}
    node = gateway.replica if "replica" in kinds and scrape % 3 else gateway.node
    addresses = [f"g{gateway.number}:{gateway.address}"]
    if "twin" in kinds:
        addresses.append(f"twin-of-g{gateway.number}")
    for address in addresses:
        target = {"job": names.GATEWAY_JOB, "instance": address, "env": f"{gateway.environment}"}
        found[_series("up", **target)] = "0" if "fail" in kinds else "1"
        if "twice up" in kinds:
            found[_series("up", **{**target, "pod": "other"})] = "1"
        if "fail" in kinds:
            continue
        about = {**target, "node_id": node.name}
        found[_series("kong_nginx_requests_total", **about, subsystem="http")] = f"{node.requests}"
        found[_series("kong_node_info", **about, version="3.9.1")] = "1"
        for route, value in enumerate(node.counters):
            is_hidden = "hide all" in kinds or ("hide" in kinds and route == 0)
            if value is not None and not is_hidden:
                labels = {"route": f"g{gateway.number}-{route}", "direction": "egress"}
                shown = "NaN" if "nan" in kinds and route == 1 else str(value)
                found[_series(names.GATEWAY_BYTES, **target, **labels)] = shown
    return found


def _series(metric: str, **labels: str) -> str:
    return metric + select(labels)


def _append(
    columns: dict[str, list[str]], seen: dict[str, str], scrape: int, *, is_down: bool
) -> None:
    for name in seen:
        columns.setdefault(name, [NOTHING] * scrape)
    for name, values in columns.items():
        if name in seen:
            values.append(seen[name])
        else:
            # Prometheus marks the end of a series at the first scrape that lacks it.
            is_over = not is_down and values and values[-1] not in (NOTHING, ENDED)
            values.append(ENDED if is_over else NOTHING)
