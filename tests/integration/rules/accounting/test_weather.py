"""Bad weather: whatever happens to gateways and scrapes, no more counts than was moved."""

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bench.weather.simulation import Event, repeat, simulate
from quotas import names
from quotas.accounting_options import Accounting
from tests.integration.rules.accounting.observed import OBSERVED, UNTIL, Observed
from tests.integration.rules.accounting.stories import accounting_rules
from tests.integration.rules.accounting.weather import events as any_events
from tests.integration.rules.accounting.weather import slow
from tests.integration.support.promtool import Case, Samples, run_rules

# `make test-weather` runs more of them.
EXAMPLES = int(os.environ.get("WEATHER_EXAMPLES", "8"))
GATEWAYS, SCRAPES, SCRAPE_SECONDS = 2, 200, 15
GAP_SECONDS = 900


def counted(route: str) -> str:
    """Return a query for the bytes that the rules counted of a route."""
    return f'sum(sum_over_time({names.DELTA}{{route="{route}"}}[1d])) or vector(0)'


@pytest.mark.parametrize("count_new_targets", [False, True])
@pytest.mark.parametrize("observed", OBSERVED, ids=lambda observed: observed.name)
def test_what_real_gateways_showed_is_counted_within_its_bounds(
    observed: Observed, *, count_new_targets: bool, tmp_path: Path
) -> None:
    total = f'sum(sum_over_time({names.DELTA}{{service="shop"}}[1d]))'
    beyond = f"{total} < {observed.least_bytes} or {total} > {observed.most_bytes}"
    within = f"{total} >= bool {observed.least_bytes}"
    case = Case(observed.scraped, [Samples(beyond, UNTIL, []), Samples(within, UNTIL, [({}, 1)])])
    rules = accounting_rules(Accounting(count_new_targets=count_new_targets))
    run_rules(tmp_path, rules, [case])


def test_without_bad_weather_all_bytes_since_the_first_scrape_are_counted(tmp_path: Path) -> None:
    world = simulate([], gateways=GATEWAYS, scrapes=SCRAPES, seed=1)
    # Routes 0 and 1 have counters from the first scrape on.
    seen = [
        Samples(counted(route), at_end(), [({}, moved)])
        for route, moved in world.moved.items()
        if not route.endswith("-2")
    ]
    assert len(seen) == 2 * GATEWAYS
    run_rules(tmp_path, rules(count_new_targets=False), [Case(world.scraped, seen)])


def rules(*, count_new_targets: bool) -> dict[str, str]:
    return accounting_rules(
        Accounting(gap_tolerance_seconds=GAP_SECONDS, count_new_targets=count_new_targets)
    )


def at_end() -> str:
    return f"{SCRAPE_SECONDS * SCRAPES + 75}s"


@slow(EXAMPLES)
@given(
    events=any_events(GATEWAYS, SCRAPES),
    seed=st.integers(0, 9_999),
)
@example(events=repeat([Event("twin", 1, 100, 1)], 50), seed=0)
# Prometheus is away while a gateway restarts and gets another label: the series before have no end.
@example(
    events=[Event("down", 0, 150, 6), Event("restart", 1, 150, 1), Event("relabel", 1, 151, 1)],
    seed=7024,
)
# Prometheus is away for a scrape, while a gateway restarts: the counters that are gone have no end.
@example(events=[Event("down", 0, 58, 1), Event("restart", 1, 59, 1)], seed=6367)
# The same while a label changes, and a counter is not a number after it.
@example(
    events=[Event("relabel", 1, 65, 1), Event("down", 1, 65, 1), Event("nan", 1, 67, 2)],
    seed=4559,
)
# A counter is hidden for long after a restart, in the step in which another one appears.
@example(events=[Event("restart", 1, 44, 1), Event("hide", 1, 46, 70)], seed=8715)
# A label changes while all counters are hidden, and then a counter is not a number any more.
@example(
    events=[Event("nan", 1, 68, 70), Event("hide all", 1, 65, 2), Event("relabel", 1, 67, 1)],
    seed=7250,
)
def test_in_any_weather_no_route_counts_more_than_it_moved(events: list[Event], seed: int) -> None:
    # If the test fails, the last one shown is the simplest that fails.
    print(f"{events=}, {seed=}")
    world = simulate(events, gateways=GATEWAYS, scrapes=SCRAPES, seed=seed)
    bounds = [
        Samples(f"({counted(r)}) > {moved}", at_end(), []) for r, moved in world.moved.items()
    ]
    with tempfile.TemporaryDirectory() as folder:
        for count_new_targets in (False, True):
            case = Case(world.scraped, bounds)
            run_rules(Path(folder), rules(count_new_targets=count_new_targets), [case])
