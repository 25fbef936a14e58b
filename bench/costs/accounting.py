"""Measure what the accounting costs a Prometheus in a minute, by calendars and counters."""

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench.costs.earlier_rules import earlier_delta_rule
from bench.costs.evaluation import measure_rules
from bench.support.generated_history import recent_hour
from bench.support.prometheus import running
from bench.support.remote_write import write
from quotas import names
from quotas.accounting_options import Accounting
from quotas.calendars import DAY, HOUR, MONTH, WEEK, Calendar
from quotas.model import Quota, QuotaFile
from quotas.rule_files.rule import Rule
from quotas.rules.compiler import compile_rules

EVALUATIONS, EARLIER_EVALUATIONS = 3, 1
# The counters go on for so long, while rules are evaluated.
AHEAD_SECONDS = 1_200
_MINUTES = 15
_OF_QUOTAS = {
    *(names.PERIOD_ELAPSED, names.PERIOD_LEFT, names.PERIOD_COUNTED),
    *(names.USED, names.LIMIT, names.RATIO, names.FORECAST, names.SELECTION),
}
_ZONES = (
    *("UTC", "Europe/Berlin", "America/New_York", "Asia/Tokyo"),
    *("Asia/Kolkata", "Australia/Lord_Howe", "America/Sao_Paulo"),
)
CALENDARS: dict[int, Sequence[Calendar]] = {
    1: (MONTH,),
    5: (MONTH, DAY, HOUR, WEEK, Calendar("month", anchor_day=15)),
    28: tuple(
        calendar
        for zone in _ZONES
        for calendar in (
            Calendar("day", timezone=zone),
            Calendar("week", timezone=zone),
            Calendar("month", timezone=zone),
            Calendar("month", anchor_day=15, timezone=zone),
        )
    ),
}


@dataclass(frozen=True)
class MinuteCost:
    """The mean CPU time of a minute: of today's rules, and of the earlier ones.

    ``recounting_cpu_seconds`` is what counting steps again takes of it. Samples are left out,
    because Prometheus does not count those that subqueries read.
    """

    cpu_seconds: float
    recounting_cpu_seconds: float
    earlier_cpu_seconds: float


def measure_minutes(
    gateways: int, counters_of_gateway: int, numbers: Sequence[int]
) -> dict[int, MinuteCost]:
    """Return what the accounting costs in a minute, by numbers of calendars.

    The rules that are evaluated every quarter of an hour are counted with a fifteenth. The one that
    counts steps again is the same for any number of calendars, and takes long: it is measured once.
    """
    now = int(time.time()) // 60 * 60
    compiled_at = datetime.fromtimestamp(now, UTC)
    costs = {}
    with tempfile.TemporaryDirectory(prefix="bench-rules-") as name, running(Path(name)) as server:
        folder = Path(name)
        for part in recent_hour(now + AHEAD_SECONDS, gateways, counters_of_gateway):
            write(server.url, part)
        recounted = [
            rule
            for rule in accounting_rules(CALENDARS[1], compiled_at)[1]
            if rule.name == names.RECOUNTED
        ]
        again = sum(server.ask(rule.query, time.time()).cpu_seconds for rule in recounted)
        for number in numbers:
            rules, recount = accounting_rules(CALENDARS[number], compiled_at)
            others = [rule for rule in recount if rule.name != names.RECOUNTED]
            mine = measure_rules(server, folder, rules, EVALUATIONS)
            quarterly = measure_rules(server, folder, others, EVALUATIONS)
            theirs = measure_rules(
                server,
                folder,
                [earlier_delta_rule(c, Accounting(), compiled_at) for c in CALENDARS[number]],
                EARLIER_EVALUATIONS,
            )
            costs[number] = MinuteCost(
                mine.cpu_seconds + (quarterly.cpu_seconds + again) / _MINUTES,
                again / _MINUTES,
                theirs.cpu_seconds,
            )
    return costs


def accounting_rules(calendars: Sequence[Calendar], now: datetime) -> list[list[Rule]]:
    """Return the rules that count steps and add up periods: those of a step, and of a quarter."""
    quotas = tuple(
        Quota(f"quota-{number}", 10**12, calendar=calendar)
        for number, calendar in enumerate(calendars)
    )
    groups = compile_rules(QuotaFile(Accounting(), (), quotas), now)[0].groups
    return [
        [rule for rule in group.rules if not rule.alert and rule.name not in _OF_QUOTAS]
        for group in groups
    ]
