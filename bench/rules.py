"""Measure what the rules cost a Prometheus, next to earlier rules and other queries: bench.rules.

Prometheus itself evaluates all rules. The CPU time is that of all its threads, without what it
takes when idle. Samples are Prometheus's own count of what a query reads, exact and repeatable.
"""

import argparse
import sys
from collections.abc import Iterable, Mapping

from bench.costs.accounting import CALENDARS, MinuteCost, measure_minutes
from bench.costs.latency import PHASES_SECONDS, SCRAPES_OF_MINUTE, measure_latency, most_seconds
from bench.costs.month import GATEWAYS
from bench.costs.usage import (
    EARLIER,
    EVERY_SECONDS,
    INCREASE,
    QUOTAS,
    USED,
    UsageCosts,
    cpu_seconds_per_hour,
    measure_usage,
)
from bench.support.table import print_table
from quotas.accounting_options import Accounting
from quotas.calendars import Rolling
from quotas.rules.intervals import MOST_QUOTAS_IN_GROUP, interval_seconds

MONTH = 30 * 86_400
HOUR_MINUTES = 60
# Gateways, and counters of each. The first are those of the month of history.
SMALL = (GATEWAYS, 20)
FLEETS = ((20, 50), (20, 500))

MAX_GROWTH = 1.3
MIN_TIMES_FEWER_SAMPLES = 100
MIN_TIMES_LESS_CPU, CPU_QUOTAS = 500, 1_000
# The share of its interval for which a group of rules may be evaluated.
MAX_SHARE_OF_INTERVAL = 0.1

Minutes = Mapping[tuple[int, int], MinuteCost]


def measure_accounting() -> dict[tuple[int, int], MinuteCost]:
    """Return the cost of a minute of accounting, by counters and calendars."""
    sizes = {SMALL: (1,), **dict.fromkeys(FLEETS, tuple(CALENDARS))}
    return {
        (gateways * counters, calendars): cost
        for (gateways, counters), numbers in sizes.items()
        for calendars, cost in measure_minutes(gateways, counters, numbers).items()
    }


def print_accounting(minutes: Minutes) -> None:
    """Print the cost of the accounting, with that of the earlier rules."""
    rows = [
        [
            f"{counters:,} counters, {calendars} calendars",
            f"{cost.cpu_seconds:.2f} s",
            f"{cost.cpu_seconds / minutes[counters, 1].cpu_seconds:.2f}",
            f"{cost.recounting_cpu_seconds:.2f} s",
            f"{cost.earlier_cpu_seconds:.2f} s",
            f"{cost.earlier_cpu_seconds / minutes[counters, 1].earlier_cpu_seconds:.2f}",
        ]
        for (counters, calendars), cost in minutes.items()
    ]
    heads = ["accounting", "CPU", "growth", "of it, counting again"]
    heads += [f"earlier rules: {head}" for head in ("CPU", "growth")]
    print_table("Accounting, in each minute", heads, rows)


def print_usage(costs: UsageCosts, minutes: Minutes) -> None:
    """Print the cost of quotas of a month, by each way."""
    recording = HOUR_MINUTES * minutes[SMALL[0] * SMALL[1], 1].cpu_seconds
    rows = []
    for count in QUOTAS:
        hours = cpu_seconds_per_hour(costs, count)
        for way, seconds in hours.items():
            cost = costs.quotas[count, way]
            rows.append(
                [
                    f"{count:,} quotas: {way}",
                    f"{EVERY_SECONDS[way]} s",
                    f"{cost.measured:,}",
                    f"{cost.samples:,}",
                    f"{cost.samples / costs.quotas[count, USED].samples:,.0f}",
                    f"{seconds:,.1f} s",
                    f"{seconds / hours[USED]:,.0f}",
                    f"{seconds / (hours[USED] + recording):,.0f}",
                ]
            )
    heads = ["month quotas", "interval", "measured", "samples", "ratio", "CPU per hour", "ratio"]
    print_table("Quotas of a month", [*heads, "ratio to quotas and accounting"], rows)
    print(f"\nThe accounting of their counters takes {recording:.1f} s of CPU per hour.")
    rows = [
        [
            f"{consumers:,} consumers",
            f"{cost.cpu_seconds * 1000:,.0f} ms",
            f"{cost.samples:,}",
            f"{cost.earlier_cpu_seconds * 1000:,.0f} ms",
            f"{cost.earlier_samples:,}",
            f"{cost.earlier_consumers:,}",
        ]
        for consumers, cost in costs.entries.items()
    ]
    heads = ["for_each: consumer", "CPU", "samples", "earlier rules: CPU", "samples", "measured"]
    print_table("One evaluation at the end of a month", heads, rows)


def goals(
    minutes: Minutes, costs: UsageCosts, latencies: Mapping[str, tuple[float, float]]
) -> Iterable[tuple[str, bool]]:
    """Yield each goal with what was measured, and whether it was reached."""
    most_calendars = max(CALENDARS)
    for gateways, of_gateway in FLEETS:
        counters = gateways * of_gateway
        growth = minutes[counters, most_calendars].cpu_seconds / minutes[counters, 1].cpu_seconds
        yield (
            (
                f"from 1 to {most_calendars} calendars, accounting of {counters:,} counters grows"
                f" at most {MAX_GROWTH} times: {growth:.2f} times"
            ),
            growth <= MAX_GROWTH,
        )
    earlier, used = (costs.quotas[CPU_QUOTAS, way].samples for way in (EARLIER, USED))
    yield (
        (
            f"quotas read at least {MIN_TIMES_FEWER_SAMPLES} times fewer samples than by earlier"
            f" rules: {earlier / used:,.0f} times"
        ),
        earlier >= MIN_TIMES_FEWER_SAMPLES * used,
    )
    hours = cpu_seconds_per_hour(costs, CPU_QUOTAS)
    recording = HOUR_MINUTES * minutes[SMALL[0] * SMALL[1], 1].cpu_seconds
    times = hours[INCREASE] / hours[USED]
    of_all = hours[INCREASE] / (hours[USED] + recording)
    yield (
        (
            f"{CPU_QUOTAS:,} quotas take at least {MIN_TIMES_LESS_CPU} times less CPU than"
            f" {INCREASE} every minute: {times:,.0f} times, and {of_all:,.0f} times with the"
            " accounting of their counters"
        ),
        times >= MIN_TIMES_LESS_CPU,
    )
    longest = max(most for _, most in latencies.values())
    yield (
        f"from a scraped byte to its alert at most {most_seconds():.0f} s: {longest:.1f} s",
        longest <= most_seconds(),
    )
    most = MAX_SHARE_OF_INTERVAL * interval_seconds(Rolling(MONTH), Accounting())
    group = MOST_QUOTAS_IN_GROUP * costs.rolling.cpu_seconds
    yield (
        (
            f"{MOST_QUOTAS_IN_GROUP} quotas of 30 rolling days and 40 series take less than a"
            f" tenth of their interval: {group:.1f} s of at most {most:.0f} s"
        ),
        group <= most,
    )


def main() -> None:
    """Run the command line, print the tables, and exit with 1 if a goal is missed."""
    argparse.ArgumentParser(prog="python -m bench.rules", description=__doc__).parse_args()
    minutes = measure_accounting()
    print_accounting(minutes)
    latencies = measure_latency()
    costs = measure_usage()
    print(f"\nPrometheus {costs.version}")
    print_usage(costs, minutes)
    looks = len(PHASES_SECONDS) * SCRAPES_OF_MINUTE
    print_table(
        f"From a scraped byte to its alert, at {looks} positions in a step",
        ["period", "shortest", "longest"],
        [
            [period, f"{least:.1f} s", f"{most:.1f} s"]
            for period, (least, most) in latencies.items()
        ],
    )
    print()
    found = list(goals(minutes, costs, latencies))
    for goal, is_reached in found:
        print(f"{'yes' if is_reached else 'NO':3} {goal}")
    sys.exit(not all(is_reached for _, is_reached in found))


if __name__ == "__main__":
    main()
