"""Measure what quotas cost a Prometheus: by today's rules, by earlier ones, and by common queries.

All of them are evaluated by Prometheus itself, as rules, over the end of a month of history.
"""

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.costs.earlier_rules import earlier_used_rule
from bench.costs.evaluation import Evaluation, measure_rules
from bench.costs.month import (
    CONSUMERS_WITH_HISTORY,
    RATE,
    SERVICES,
    SHOPS,
    build_month,
    continue_month,
)
from bench.support.prometheus import Server, running
from quotas import names
from quotas.accounting_options import Accounting
from quotas.calendars import Rolling
from quotas.model import Match, Quota
from quotas.rule_files.rule import Rule
from quotas.rules.usage import used_rule

EVALUATIONS = 3
QUOTAS = (100, 1_000, 10_000)
# So many quotas of the ways that cost more are measured; what more of them cost is multiplied.
MEASURED_QUOTAS = 100
# How often a quota is evaluated.
STEP_SECONDS, EARLIER_SECONDS = 60, 300

USED = "quota usage"
EARLIER = "quota usage, earlier rules"
INCREASE = "increase(raw[30d])"
SLOTH = "mean of recorded rate5m[30d]"
EVERY_SECONDS = {
    USED: STEP_SECONDS,
    EARLIER: EARLIER_SECONDS,
    INCREASE: STEP_SECONDS,
    SLOTH: STEP_SECONDS,
}
ACCOUNTING = Accounting()


@dataclass(frozen=True)
class QuotaCost:
    """What some quotas cost in one evaluation, and how many of them were measured."""

    cpu_seconds: float
    samples: int
    measured: int


@dataclass(frozen=True)
class EntriesCost:
    """What one quota for each consumer costs in one evaluation, by today's and earlier rules.

    The earlier rules are measured with ``earlier_consumers``, and multiplied.
    """

    cpu_seconds: float
    samples: int
    earlier_cpu_seconds: float
    earlier_samples: int
    earlier_consumers: int


@dataclass(frozen=True)
class UsageCosts:
    """What quotas cost: by number and way, by consumers, and one rolling window of 40 series."""

    version: str
    quotas: dict[tuple[int, str], QuotaCost]
    entries: dict[int, EntriesCost]
    rolling: Evaluation


def measure_usage() -> UsageCosts:
    """Return the cost of quotas at the end of a month."""
    with tempfile.TemporaryDirectory(prefix="bench-rules-") as name:
        folder = Path(name)
        end = int(time.time()) // 60 * 60
        build_month(folder / "data", end)
        print(f"generated a month of history in {time.time() - end:.0f} s", flush=True)
        with running(folder) as server:
            continue_month(server.url, end)
            quotas = _quota_costs(server, folder)
            entries = {
                consumers: _entries_cost(server, folder, shop, consumers)
                for shop, consumers in SHOPS.items()
            }
            rolling = used_rule(
                Quota(
                    "rolling",
                    10**12,
                    {names.SERVICE: Match(regex="service-.*")},
                    calendar=Rolling(30 * 86_400),
                ),
                ACCOUNTING,
            )
            return UsageCosts(
                server.version,
                quotas,
                entries,
                measure_rules(server, folder, [rolling], EVALUATIONS),
            )


def _quota_costs(server: Server, folder: Path) -> dict[tuple[int, str], QuotaCost]:
    costs = {}
    for way, rule in _WAYS.items():
        for count in QUOTAS:
            measured = count if way == USED else MEASURED_QUOTAS
            if count == measured or way == USED:
                rules = [rule(number) for number in range(measured)]
                found = measure_rules(server, folder, rules, EVALUATIONS)
            times = count // measured
            costs[count, way] = QuotaCost(
                found.cpu_seconds * times, found.samples * times, measured
            )
    return costs


def _entries_cost(server: Server, folder: Path, shop: str, consumers: int) -> EntriesCost:
    quota = Quota("each", 10**12, {names.SERVICE: Match((shop,))}, for_each=(names.CONSUMER,))
    now = measure_rules(server, folder, [used_rule(quota, ACCOUNTING)], EVALUATIONS)
    earlier = measure_rules(server, folder, [earlier_used_rule(quota, ACCOUNTING)], EVALUATIONS)
    times = consumers // CONSUMERS_WITH_HISTORY
    return EntriesCost(
        now.cpu_seconds,
        now.samples,
        earlier.cpu_seconds * times,
        earlier.samples * times,
        CONSUMERS_WITH_HISTORY,
    )


def _quota(number: int) -> Quota:
    service = f"service-{number % SERVICES}"
    return Quota(f"quota-{number}", 10**12, {names.SERVICE: Match((service,))})


def _increase(number: int) -> Rule:
    service = f'{names.SERVICE}="service-{number % SERVICES}"'
    return _peer(number, f"sum(increase({names.GATEWAY_BYTES}{{{service}}}[30d]))")


def _mean_rate(number: int) -> Rule:
    # https://sloth.dev/examples/default/getting-started/ records rates over short windows and takes
    # their mean over 30 days. Here it is converted to bytes.
    rates = f'{RATE}{{{names.SERVICE}="service-{number % SERVICES}"}}[30d]'
    return _peer(number, f"sum_over_time({rates}) / count_over_time({rates}) * 2592000")


def _peer(number: int, query: str) -> Rule:
    return Rule("peer:bandwidth_bytes:used", query, labels={names.QUOTA: f"quota-{number}"})


_WAYS: dict[str, Callable[[int], Rule]] = {
    USED: lambda number: used_rule(_quota(number), ACCOUNTING),
    EARLIER: lambda number: earlier_used_rule(_quota(number), ACCOUNTING),
    INCREASE: _increase,
    SLOTH: _mean_rate,
}


def cpu_seconds_per_hour(costs: UsageCosts, count: int) -> dict[str, float]:
    """Return the CPU seconds per hour of some quotas, by way, at the intervals of each way."""
    return {
        way: costs.quotas[count, way].cpu_seconds * 3_600 / every
        for way, every in EVERY_SECONDS.items()
    }
