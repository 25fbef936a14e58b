"""What the rules cost a real Prometheus, beside the queries that they take the place of.

Measured through the HTTP API with Prometheus's own statistics: seconds of evaluation (medians) and
samples read; and the CPU time that all of its threads took, garbage collection included (means).
The queries of a table take turns, so that whatever else the machine does meets all of them.
"""

import argparse
import tempfile
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from bench.support.history import END, RATE, build_month, recent_hour
from bench.support.remote_write import write
from bench.support.server import Cost, Server, running
from bench.support.table import print_table
from quotas import names
from quotas.calendars import MONTH
from quotas.model import Accounting, Match, Quota
from quotas.rules.accounting import recorded_query, step_query
from quotas.rules.intervals import MOST_QUOTAS_IN_GROUP, interval_seconds
from quotas.rules.periods import period_queries
from quotas.rules.usage import used_rule

MONTH_RUNS = 7
ACCOUNTING_RUNS = 15
HOUR_SECONDS = 3_600
# How often others evaluate theirs.
PEER_INTERVAL_SECONDS = 60
QUOTAS = (100, 1_000)
LEAST_TIMES_LESS = 20
MOST_TIMES_INCREASE = 8
# The part of its interval that a group may take.
MOST_OF_INTERVAL = 0.1

ACCOUNTING = Accounting()
SERVICE = 'service="service-3"'
USED = "used"
INCREASE = "increase(raw[30d])"
SLOTH = "mean of recorded rate5m[30d]"
USED_OF_40 = "used, of 40 series"
RECORDED_40 = "the accounting of 40 counters"
RATE_40 = "rate5m of 40 counters"

INCREASE_1M = "sum by (…) (increase(raw[1m]))"
BASELINE, COUNT = "accounting, new_targets: baseline", "accounting, new_targets: count"
RECORDED = "the same as a rule, with its period"
RATE_5M = "sum by (service) (rate(raw[5m]))"


def month_queries() -> dict[str, str]:
    """Return the queries for what one service moved this month, and ours of 40 series."""
    raw = names.GATEWAY_BYTES
    one = Quota("one", 10**12, {names.SERVICE: Match(("service-3",))})
    return {
        USED: used_rule(one, ACCOUNTING).query,
        INCREASE: f"sum(increase({raw}{{{SERVICE}}}[30d]))",
        # https://sloth.dev/examples/default/getting-started/ records short windows and takes the
        # mean of them for 30 days; here it is made bytes again.
        SLOTH: (
            f"sum_over_time({RATE}{{{SERVICE}}}[30d]) / count_over_time({RATE}{{{SERVICE}}}[30d])"
            " * 2592000"
        ),
        USED_OF_40: used_rule(Quota("all", 10**12), ACCOUNTING).query,
        RECORDED_40: _recorded(),
        RATE_40: f"sum by ({names.SERVICE}) (rate({raw}[5m]))",
    }


def _recorded() -> str:
    period = period_queries(MONTH, "(time() - 60)", datetime.now(UTC)).label
    return recorded_query(ACCOUNTING, period)


def accounting_queries() -> dict[str, str]:
    """Return the accounting, and what it is compared with."""
    by = ", ".join(names.SELECTOR_LABELS)
    return {
        INCREASE_1M: f"sum by ({by}) (increase({names.GATEWAY_BYTES}[1m]))",
        BASELINE: step_query(ACCOUNTING),
        COUNT: step_query(Accounting(count_new_targets=True)),
        RECORDED: _recorded(),
        RATE_5M: f"sum by ({names.SERVICE}) (rate({names.GATEWAY_BYTES}[5m]))",
    }


def measure_month() -> tuple[Server, dict[str, Cost]]:
    """Return what queries over a month cost."""
    with tempfile.TemporaryDirectory(prefix="bench-rules-") as folder:
        began = time.monotonic()
        build_month(Path(folder) / "data")
        print(f"a month of history built in {time.monotonic() - began:.0f} s")
        with running(Path(folder)) as server:
            times = [END - 60 * minute for minute in range(1, 4)]
            return server, server.compare(month_queries(), times, MONTH_RUNS)


def measure_accounting() -> dict[str, Cost]:
    """Return what the accounting of 10,000 counters costs."""
    now = int(time.time()) // 60 * 60
    with tempfile.TemporaryDirectory(prefix="bench-rules-") as folder, running(Path(folder)) as it:
        for part in recent_hour(now):
            write(it.url, part)
        return it.compare(accounting_queries(), [now, now - 60, now - 120], ACCOUNTING_RUNS)


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
    """Print CPU seconds in an hour and return whether ours are as few as they should be.

    What is recorded is recorded once for all quotas: of the 40 counters that the month is made of,
    and, as the worst that can be said of it, of 10,000 of which quotas still count no more than 4.
    """
    ours = HOUR_SECONDS / interval_seconds(MONTH, ACCOUNTING)
    peers = HOUR_SECONDS / PEER_INTERVAL_SECONDS
    rows, kept = [], True
    for count in QUOTAS:
        # CPU in an hour of the quotas, of recording 40 counters, and of recording 10,000.
        ways = {
            f"{USED}, every 5 minutes": (
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
        first = totals[f"{USED}, every 5 minutes"]
        rows += [
            [
                f"{count:,} quotas: {name}",
                *(f"{seconds:.1f} s" for seconds in way),
                *(f"{total / mine:.1f}" for total, mine in zip(totals[name], first, strict=True)),
            ]
            for name, way in ways.items()
        ]
        kept &= totals[f"{INCREASE}, every minute"][0] >= LEAST_TIMES_LESS * first[0]
    recording = ("recording 40", "recording 10,000")
    heads = ["", "quotas", *recording, "to ours, of 40", "to ours, of 10,000"]
    print_table("CPU seconds in an hour", heads, rows)
    return kept


def main() -> None:
    """Print the tables."""
    argparse.ArgumentParser(prog="python -m bench.rules", description=__doc__).parse_args()
    server, month = measure_month()
    accounting = measure_accounting()
    print(f"Prometheus {server.version}")
    _print_costs(f"A month's quota, medians of {MONTH_RUNS} runs", month, INCREASE)
    _print_costs(
        f"The accounting of 10,000 counters, medians of {ACCOUNTING_RUNS} runs",
        accounting,
        INCREASE_1M,
    )
    kept = _print_hours(month, accounting)
    group = MOST_QUOTAS_IN_GROUP * month[USED_OF_40].seconds
    most = MOST_OF_INTERVAL * interval_seconds(MONTH, ACCOUNTING)
    times = max(accounting[name].seconds for name in (BASELINE, COUNT))
    ratio = times / accounting[INCREASE_1M].seconds
    for claim, holds in (
        (f"at least {LEAST_TIMES_LESS} times less CPU than {INCREASE}", kept),
        (
            f"accounting at most {MOST_TIMES_INCREASE} times {INCREASE_1M}: {ratio:.1f}",
            ratio <= MOST_TIMES_INCREASE,
        ),
        (
            (
                f"{MOST_QUOTAS_IN_GROUP} quotas of 40 series in less than a tenth of their "
                f"interval: {group:.1f} s of {most:.0f} s"
            ),
            group < most,
        ),
    ):
        print(f"{'yes' if holds else 'NO':3} {claim}")


if __name__ == "__main__":
    main()
