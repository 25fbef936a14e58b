"""Measure the accuracy of the rules, next to two common queries: python -m bench.accuracy.

``promtool test rules``, which is Prometheus's own engine, evaluates the generated rules and the
queries over the scrapes of generated fleets (bench/support/fleet.py), one day each. One day is the
limit, since promtool reads at most 10,000 samples of a series.

The results are compared with the bytes that successful scrapes prove. Bytes that no scrape could
show have a column of their own: those that a gateway moved after its last scrape, and those of a
restart between two successful scrapes after which the counter was higher than before.

While Prometheus is down, no rule is evaluated. The columns with "backfilled" contain these steps
nevertheless, as after a backfill or with a second Prometheus; the other columns do not.
"""

import argparse
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from bench.support.table import print_table
from bench.weather.evaluations import Story, measure_story, stories
from bench.weather.fleet import KINDS, Fleet, Service, make_fleet
from bench.weather.gateways import GRID_SECONDS
from bench.weather.kinds import (
    SCRAPE_SECONDS,
    WEATHERS,
    Outcome,
    Weather,
    increase_query,
    measure_weather,
    totals_query,
)
from bench.weather.promtool_rules import PEER, Totals, evaluate_rules
from quotas import names
from quotas.units import format_duration

MIN_REQUESTS = 100
# How much less than the truth each way may count. `baseline` lacks what gateways moved before their
# first scrape, so that much of the traffic of pods that live for minutes.
MAX_DEVIATION_PERCENT = {"count": 0.05, "baseline": 4.4}


@dataclass(frozen=True)
class Trial:
    """A fleet, and by column of the table the bytes of each service."""

    fleet: Fleet
    totals: Mapping[str, Totals]


def run_trial(seed: int) -> Trial:
    """Return the fleet of a seed and what each way of counting returns for it."""
    fleet = make_fleet(seed)
    totals: dict[str, Totals] = {}
    window = format_duration(fleet.seconds)
    for new_targets in MAX_DEVIATION_PERCENT:
        queries = {
            new_targets: _recorded_query(fleet),
            f"{new_targets}, backfilled": _backfilled_query(fleet),
        }
        if not totals:
            by = f"sum by ({names.SERVICE})"
            raw = names.GATEWAY_BYTES
            queries["increase"] = f"{by} (increase({raw}[{window}]))"
            # promtool evaluates the rule every minute, so each byte is in five windows.
            queries["increase5m"] = f"{by} (sum_over_time({PEER}[{window}])) / 5"
        totals |= _evaluate(fleet, new_targets, queries)
    return Trial(fleet, totals)


def _recorded_query(fleet: Fleet) -> str:
    """Return PromQL for the recorded bytes, without the steps while Prometheus was down."""
    before = int(fleet.down.start) // 60 * 60
    after = -(-int(fleet.down.end) // 60) * 60
    deltas = f"{names.DELTA}"
    # Each range ends 1 s after an evaluation, so that no evaluation is in both.
    until_down = f"{deltas}[{before + 1}s] offset {fleet.seconds - before}s"
    since = f"{deltas}[{fleet.seconds - after + 2}s]"
    return (
        f'sum by ({names.SERVICE}) (label_replace(sum_over_time({until_down}), "half", "1", "", "")'
        f" or sum_over_time({since}))"
    )


def _backfilled_query(fleet: Fleet) -> str:
    deltas = f"{names.DELTA}[{fleet.seconds}s]"
    return f"sum by ({names.SERVICE}) (sum_over_time({deltas}))"


def _evaluate(fleet: Fleet, new_targets: str, queries: Mapping[str, str]) -> dict[str, Totals]:
    return evaluate_rules(fleet.series, GRID_SECONDS, fleet.seconds + 1, new_targets, queries)


def _deviation_percent(total: float, truth: float) -> float:
    return 100 * (total - truth) / truth


def _row(name: str, members: Sequence[tuple[Trial, Service]], ways: Sequence[str]) -> list[str]:
    """Return a row with the bytes of some services and the deviation of each way of counting."""
    moved = sum(service.moved_bytes for _, service in members)
    proven = sum(service.proven_bytes for _, service in members)
    cells = [name, f"{sum(service.requests for _, service in members):,}", f"{moved:,}"]
    cells.append(f"{_deviation_percent(proven, moved):+.3f} %")
    for way in ways:
        total = sum(trial.totals[way].get(service.name, 0) for trial, service in members)
        cells.append(f"{_deviation_percent(total, proven):+.3f} %")
    return cells


def _misses(trials: Mapping[int, Trial], suffix: str) -> list[str]:
    """Return the services whose deviation is too large, or that are above the truth."""
    found = []
    for seed, trial in trials.items():
        for service in trial.fleet.services:
            for way, most in MAX_DEVIATION_PERCENT.items():
                total = trial.totals[way + suffix].get(service.name, 0)
                off = _deviation_percent(total, service.proven_bytes)
                if service.requests > MIN_REQUESTS and not -most <= off <= 0:
                    found.append(f"seed {seed}, {service.name}, {way}: {off:+.4f} %")
    return found


def count_weather(series: Mapping[str, str], seconds: int) -> dict[str, Totals]:
    """Return by column the bytes of each route in simulated weather."""
    found = evaluate_rules(
        series,
        SCRAPE_SECONDS,
        seconds,
        "count",
        {"count": totals_query(seconds), "increase": increase_query(seconds)},
    )
    query = {"baseline": totals_query(seconds)}
    return found | evaluate_rules(series, SCRAPE_SECONDS, seconds, "baseline", query)


def print_weather(outcomes: Mapping[Weather, Outcome]) -> bool:
    """Print what is counted in each weather, and return whether no route is above the truth."""
    rows, is_never_above = [], True
    for weather, outcome in outcomes.items():
        cells = [
            f"{_deviation_percent(outcome.counted[way], outcome.moved):+,.3f} %"
            for way in ("count", "baseline", "increase")
        ]
        above = [outcome.above[way] for way in ("count", "baseline", "increase")]
        is_never_above &= not above[0] + above[1]
        rows.append([weather.title, f"{outcome.moved:,}", *cells, *map(str, above)])
    ways = ["count", "baseline", "increase"]
    print_table(
        "Six hours of weather: deviation from what was moved, and how many of 12 routes are above",
        ["weather", "bytes moved", *ways, *(f"{way}: above" for way in ways)],
        rows,
    )
    return is_never_above


def print_evaluations(found: Sequence[Story]) -> bool:
    """Measure and print what is used if evaluations are skipped; return whether it is the truth."""
    rows, is_true = [], True
    for story in found:
        result = measure_story(story)
        off = [_deviation_percent(total, result.moved) for total in (result.in_steps, result.used)]
        is_true &= off[1] == 0
        rows.append([story.title, f"{result.moved:,}", *(f"{percent:+.3f} %" for percent in off)])
    heads = ["evaluations", "bytes moved", "steps alone", "used"]
    print_table("Five hours with skipped evaluations", heads, rows)
    return is_true


def main() -> None:
    """Run the command line and print the tables."""
    parser = argparse.ArgumentParser(prog="python -m bench.accuracy", description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3], help="one fleet each")
    seeds = parser.parse_args().seeds
    with ThreadPoolExecutor(2) as pool:
        trials = dict(zip(seeds, pool.map(run_trial, seeds), strict=True))
    ways = [
        *(name for way in MAX_DEVIATION_PERCENT for name in (way, f"{way}, backfilled")),
        "increase",
        "increase5m",
    ]
    heads = ["traffic", "requests", "bytes moved", "invisible to scrapes", *ways]
    members = [(trial, service) for trial in trials.values() for service in trial.fleet.services]
    print_table(
        f"All services of {len(seeds)} fleets, one day each: deviation from what scrapes prove",
        heads,
        [_row(kind, [m for m in members if m[1].kind == kind], ways) for kind in KINDS],
    )
    print_table(
        "Each service",
        heads,
        [
            _row(f"{seed} {service.name}", [(trial, service)], ways)
            for seed, trial in trials.items()
            for service in trial.fleet.services
        ],
    )
    limits = " and ".join(f"{most} % ({way})" for way, most in MAX_DEVIATION_PERCENT.items())
    with ThreadPoolExecutor(2) as pool:
        measure = partial(measure_weather, count=count_weather, seed=1)
        outcomes = dict(zip(WEATHERS, pool.map(measure, WEATHERS), strict=True))
    is_never_above = print_weather(outcomes)
    is_true = print_evaluations(stories())
    print(f"\nNo route above the truth, in any weather: {'yes' if is_never_above else 'NO'}")
    print(
        f"All that moved is used, whichever evaluations are skipped: {'yes' if is_true else 'NO'}"
    )
    for words, suffix in (("backfilled", ", backfilled"), ("not backfilled", "")):
        misses = _misses(trials, suffix)
        print(f"\nWithin {limits} and never above, {words}: {'NO' if misses else 'yes'}")
        for miss in misses:
            print(f"  {miss}")


if __name__ == "__main__":
    main()
