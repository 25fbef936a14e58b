"""What happens to each engine before it is tested: traffic, restarts, failed scrapes."""

import time
from collections.abc import Callable
from typing import Any

from quotas import names
from quotas.file.loading import load_quotas
from quotas.promql import select
from tests.engines.gateways import Gateways
from tests.engines.system import QUOTAS, System

QUOTA = "bun-egress"
# Long enough for the first steps to have recorded which gateways were seen.
WATCHED_SECONDS = 10
SETTLE_SECONDS = 60.0
REQUEST_BYTES = 100_000


def play(system: System) -> None:
    """Reach 80, 90 and 100 % of a quota, with a mail for each, and let something fail between."""
    began = time.monotonic()
    _wait_until_watched(system)
    system.times["watched after"] = time.monotonic() - began
    gateways = system.gateways
    _use_all_routes(gateways)
    _reach(system, 80)
    _settle(system)
    gateways.restart()
    # As large as before the restart: only the gateway's count of requests shows that it restarted.
    _use_all_routes(gateways)
    gateways.send(250_000, consumer="globex")
    _settle(system)
    gateways.fail_scrapes(5)
    gateways.send(1_000, path="/ban", consumer="rare")
    _reach(system, 90)
    _settle(system)
    _restart_engine(system)
    _reach(system, 100)
    _settle(system)
    system.times["story"] = time.monotonic() - began


def _use_all_routes(gateways: Gateways) -> None:
    gateways.send(7_777, path="/ban", consumer="rare")
    gateways.send(31_000, path="/bin", consumer="globex")
    gateways.send(1_000, consumer="acme")
    gateways.send(123_456, to=1)
    gateways.send(5_000, to=1, path="/ban")


def wait_until_recorded(system: System) -> None:
    """Wait until each quota has used the bytes of its selector, in all its periods."""
    gateways = system.gateways
    consumers = {key[2] for key in gateways.by_labels()} - {""}
    expected = {
        (QUOTA, ""): gateways.counted(service="bun-service", direction="egress"),
        ("all-hourly", ""): gateways.counted(),
        ("ban-route-rolling", ""): gateways.counted(route="ban-route"),
        **{("each-consumer", name): gateways.counted(consumer=name) for name in consumers},
    }

    def used() -> dict[tuple[str, str], Any]:
        return {
            (quota, name): system.used(quota, **({"consumer": name} if name else {}))
            for quota, name in expected
        }

    _wait(lambda: used() == expected or None, lambda: f"used {used()}, expected {expected}")


def _wait_until_watched(system: System) -> None:
    up = f"up{select({'job': names.GATEWAY_JOB})} offset {WATCHED_SECONDS}s == 1"
    seen = f"last_over_time({names.SEEN}[1m])"
    count = len(system.gateways.gateways)
    system.observer.wait_for(
        "the first scrapes and steps",
        lambda: len(system.observer.query(f"{up} and on (job, instance) {seen}")) == count or None,
        SETTLE_SECONDS,
    )


def _reach(system: System, percent: int) -> None:
    """Send requests until a threshold is reached, and wait for its mail."""
    quota = load_quotas(QUOTAS).find(QUOTA)
    assert quota is not None
    number = len(system.observer.mails())
    while (missing := quota.limit_bytes * percent // 100 - _bun_egress(system.gateways)) >= 0:
        system.gateways.send(min(missing + 1, REQUEST_BYTES), consumer="acme")
    reached = time.monotonic()
    system.observer.wait_for(
        f"the mail about {percent} %",
        lambda: len(system.observer.mails()) > number or None,
        SETTLE_SECONDS,
    )
    system.times[f"{percent} % mailed after"] = time.monotonic() - reached


def _bun_egress(gateways: Gateways) -> int:
    return gateways.counted(service="bun-service", direction="egress")


def _settle(system: System) -> None:
    """Wait until the engine has scraped and the rules have recorded all that was counted."""
    expected = sum(system.gateways.since_restart().values())

    def shown() -> float:
        [(_, value)] = system.observer.query(f"sum({names.GATEWAY_BYTES})") or [({}, 0.0)]
        return value

    _wait(
        lambda: (system.gateways.are_synced() and shown() == expected) or None,
        lambda: f"scraped {shown()}, expected {expected}",
    )
    wait_until_recorded(system)


def _restart_engine(system: System) -> None:
    """Stop the engine, send traffic while it is away, and start it again."""
    processes = system.observer.processes
    parts = {part.name: part for part in system.engine.parts}
    for name in reversed(system.engine.restarts):
        processes.stop(name)
    system.gateways.send(30_000, consumer="acme")
    system.gateways.send(2_000, to=1, path="/bin")
    for name in system.engine.restarts:
        processes.start(parts[name])


def _wait(look: Callable[[], Any], describe: Callable[[], str]) -> None:
    deadline = time.monotonic() + SETTLE_SECONDS
    while look() is None:
        assert time.monotonic() < deadline, describe()
        time.sleep(0.2)
