"""Measure the cost of the rules for Prometheus, next to other queries: python -m bench.rules.

Prometheus itself reports the seconds of evaluation (medians) and the samples that a query reads.
The CPU time is that of all its threads, with garbage collection (means). The queries of a table run
in turns, so that other load on the machine affects all of them.
"""

import argparse
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from bench.support.generated_history import END, RATE, build_month, recent_hour
from bench.support.prometheus import Cost, Server, running
from bench.support.remote_write import write
from bench.support.table import print_table
from quotas import names
from quotas.accounting_options import Accounting
from quotas.calendars import MONTH
from quotas.model import Match, Quota
from quotas.rules.accounting.recording import delta_rules
from quotas.rules.accounting.steps import step_query
from quotas.rules.intervals import MOST_QUOTAS_IN_GROUP, interval_seconds
from quotas.rules.usage import used_rule

MONTH_RUNS = 7
ACCOUNTING_RUNS = 15
HOUR_SECONDS = 3_600
# The usual evaluation interval of rules.
PEER_INTERVAL_SECONDS = 60
QUOTAS = (100, 1_000)
MIN_TIMES_LESS = 20
MAX_TIMES_INCREASE = 8
# The share of its interval for which a group of rules may be evaluated.
MAX_SHARE_OF_INTERVAL = 0.1

ACCOUNTING = Accounting()
SERVICE = 'service="service-3"'
USED = "quota usage"
INCREASE = "increase(raw[30d])"
SLOTH = "mean of recorded rate5m[30d]"
USED_OF_40 = "quota usage from 40 series"
RECORDED_40 = "accounting of 40 counters"
RATE_40 = "rate5m of 40 counters"

INCREASE_1M = "sum by (…) (increase(raw[1m]))"
BASELINE, COUNT = "accounting, new_targets: baseline", "accounting, new_targets: count"
RECORDED = "accounting as a rule"
RATE_5M = "sum by (service) (rate(raw[5m]))"


def month_queries() -> dict[str, str]:
    """Return the queries for the usage of one service in this month, and our other queries."""
    raw = names.GATEWAY_BYTES
    one = Quota("one", 10**12, {names.SERVICE: Match(("service-3",))})
    return {
        USED: used_rule(one, ACCOUNTING).query,
        INCREASE: f"sum(increase({raw}{{{SERVICE}}}[30d]))",
        # https://sloth.dev/examples/default/getting-started/ records rates over short windows and
        # takes their mean over 30 days. Here it is converted to bytes.
        SLOTH: (
            f"sum_over_time({RATE}{{{SERVICE}}}[30d]) / count_over_time({RATE}{{{SERVICE}}}[30d])"
            " * 2592000"
        ),
        USED_OF_40: used_rule(Quota("all", 10**12), ACCOUNTING).query,
        RECORDED_40: _recorded(),
        RATE_40: f"sum by ({names.SERVICE}) (rate({raw}[5m]))",
    }


def _recorded() -> str:
    return delta_rules(ACCOUNTING)[0].query


def accounting_queries() -> dict[str, str]:
    """Return the queries of the accounting, and those that it is compared with."""
    by = ", ".join(names.SELECTOR_LABELS)
    return {
        INCREASE_1M: f"sum by ({by}) (increase({names.GATEWAY_BYTES}[1m]))",
        BASELINE: step_query(ACCOUNTING),
        COUNT: step_query(Accounting(count_new_targets=True)),
        RECORDED: _recorded(),
        RATE_5M: f"sum by ({names.SERVICE}) (rate({names.GATEWAY_BYTES}[5m]))",
    }


def measure_month() -> tuple[Server, dict[str, Cost]]:
    """Return the cost of queries over a month."""
    with tempfile.TemporaryDirectory(prefix="bench-rules-") as folder:
        began = time.monotonic()
        build_month(Path(folder) / "data")
        print(f"generated a month of history in {time.monotonic() - began:.0f} s")
        with running(Path(folder)) as server:
            times = [END - 60 * minute for minute in range(1, 4)]
            return server, server.compare(month_queries(), times, MONTH_RUNS)


def measure_accounting() -> dict[str, Cost]:
    """Return the cost of the accounting of 10,000 counters."""
    now = int(time.time()) // 60 * 60
    with (
        tempfile.TemporaryDirectory(prefix="bench-rules-") as folder,
        running(Path(folder)) as server,
    ):
        for part in recent_hour(now):
            write(server.url, part)
        return server.compare(accounting_queries(), [now, now - 60, now - 120], ACCOUNTING_RUNS)


def _print_costs(title: str, costs: Mapping[str, Cost], peer: str) -> None:
    rows = [
        [
            name,
            f"{cost.seconds * 1000:.1f} ms",
            f"{cost.cpu_seconds * 1000:.1f} ms",
            f"{cost.samples:,}",
            f"{cost.seconds / costs[peer].seconds:.2f}",
            f"{cost.cpu_seconds / costs[peer].cpu_seconds:.2f}",
        ]
        for name, cost in costs.items()
    ]
    print_table(title, ["query", "evaluation", "CPU", "samples", "ratio", "ratio of CPU"], rows)


def _print_hours(month: Mapping[str, Cost], accounting: Mapping[str, Cost]) -> bool:
    """Print the CPU seconds per hour and return whether our rules need few enough of them.

    The accounting runs once for all quotas. Its cost is added for the 40 counters of the month and,
    as the worst case, for 10,000 counters, of which each quota still counts only 4.
    """
    ours = HOUR_SECONDS / interval_seconds(MONTH, ACCOUNTING)
    peers = HOUR_SECONDS / PEER_INTERVAL_SECONDS
    rows, kept = [], True
    for count in QUOTAS:
        # CPU per hour: of the quotas, of recording 40 counters, and of recording 10,000.
        ways = {
            f"{USED}, every minute": (
                count * ours * month[USED].cpu_seconds,
                peers * month[RECORDED_40].cpu_seconds,
                peers * accounting[RECORDED].cpu_seconds,
            ),
            f"{INCREASE}, every minute": (count * peers * month[INCREASE].cpu_seconds, 0, 0),
            f"{SLOTH}, every minute": (
                count * peers * month[SLOTH].cpu_seconds,
                peers * month[RATE_40].cpu_seconds,
                peers * accounting[RATE_5M].cpu_seconds,
            ),
        }
        totals = {name: (way[0] + way[1], way[0] + way[2]) for name, way in ways.items()}
        first = totals[f"{USED}, every minute"]
        rows += [
            [
                f"{count:,} quotas: {name}",
                *(f"{seconds:.1f} s" for seconds in way),
                *(f"{total / mine:.1f}" for total, mine in zip(totals[name], first, strict=True)),
            ]
            for name, way in ways.items()
        ]
        kept &= totals[f"{INCREASE}, every minute"][0] >= MIN_TIMES_LESS * first[0]
    recording = ("recording 40", "recording 10,000")
    heads = ["", "quotas", *recording, "ratio to ours (40)", "ratio to ours (10,000)"]
    print_table("CPU seconds per hour", heads, rows)
    return kept


def main() -> None:
    """Run the command line and print the tables."""
    argparse.ArgumentParser(prog="python -m bench.rules", description=__doc__).parse_args()
    server, month = measure_month()
    accounting = measure_accounting()
    print(f"Prometheus {server.version}")
    _print_costs(f"Queries over a month, medians of {MONTH_RUNS} runs", month, INCREASE)
    _print_costs(
        f"Accounting of 10,000 counters, medians of {ACCOUNTING_RUNS} runs",
        accounting,
        INCREASE_1M,
    )
    kept = _print_hours(month, accounting)
    group = MOST_QUOTAS_IN_GROUP * month[USED_OF_40].seconds
    most = MAX_SHARE_OF_INTERVAL * interval_seconds(MONTH, ACCOUNTING)
    times = max(accounting[name].seconds for name in (BASELINE, COUNT))
    ratio = times / accounting[INCREASE_1M].seconds
    for claim, holds in (
        (f"{INCREASE} takes at least {MIN_TIMES_LESS} times our CPU", kept),
        (
            f"accounting takes at most {MAX_TIMES_INCREASE} x {INCREASE_1M}: {ratio:.1f} x",
            ratio <= MAX_TIMES_INCREASE,
        ),
        (
            (
                f"{MOST_QUOTAS_IN_GROUP} quotas of 40 series take less than a tenth of their "
                f"interval: {group:.1f} s of at most {most:.0f} s"
            ),
            group < most,
        ),
    ):
        print(f"{'yes' if holds else 'NO':3} {claim}")


if __name__ == "__main__":
    main()
