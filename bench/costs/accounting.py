"""Measure what the accounting costs a Prometheus in each minute, by calendars and counters."""

import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench.costs.earlier_rules import earlier_delta_rule
from bench.support.generated_history import recent_hour
from bench.support.prometheus import Server, running
from bench.support.remote_write import write
from quotas import names
from quotas.accounting_options import Accounting
from quotas.calendars import DAY, HOUR, MONTH, WEEK, Calendar
from quotas.model import Quota, QuotaFile
from quotas.rule_files.rule import Rule
from quotas.rules.compiler import compile_rules

# A quarter of an hour has all kinds of minutes: rules do some of their work only at its end.
MINUTES = 15
EARLIER_MINUTES = 2
# When rules are evaluated within a minute.
PHASE_SECONDS = 23
_OF_QUOTAS = {
    *(names.PERIOD_ELAPSED, names.PERIOD_LEFT),
    *(names.USED, names.LIMIT, names.RATIO, names.FORECAST),
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
    """The mean cost of a minute: evaluation time, CPU time, samples read, and series written."""

    seconds: float
    cpu_seconds: float
    samples: float
    series: float


def accounting_rules(calendars: Sequence[Calendar], now: datetime) -> list[Rule]:
    """Return the rules that count steps and add up periods of these calendars."""
    quotas = tuple(
        Quota(f"quota-{number}", 10**12, calendar=calendar)
        for number, calendar in enumerate(calendars)
    )
    files = compile_rules(QuotaFile(Accounting(), (), quotas), now)
    return [
        rule
        for group in files[0].groups
        for rule in group.rules
        if not rule.alert and rule.name not in _OF_QUOTAS
    ]


def measure_minutes(
    gateways: int, counters_of_gateway: int, calendars: int
) -> tuple[MinuteCost, MinuteCost]:
    """Return the mean cost of a minute: with today's rules, and with those of the earlier version.

    Today's rules are evaluated in each minute of a quarter of an hour, with their results written
    back, as a ruler does.
    """
    now = int(time.time()) // 60 * 60
    compiled_at = datetime.fromtimestamp(now, UTC)
    counted = CALENDARS[calendars]
    earlier = [earlier_delta_rule(calendar, Accounting(), compiled_at) for calendar in counted]
    with (
        tempfile.TemporaryDirectory(prefix="bench-rules-") as folder,
        running(Path(folder)) as server,
    ):
        for part in recent_hour(now, gateways, counters_of_gateway):
            write(server.url, part)
        times = [now - 60 * minute - 60 + PHASE_SECONDS for minute in reversed(range(MINUTES))]
        old = evaluate(server, earlier, times[-EARLIER_MINUTES:], writes=False)
        return evaluate(server, accounting_rules(counted, compiled_at), times), old


def evaluate(
    server: Server, rules: Iterable[Rule], times: Sequence[float], *, writes: bool = True
) -> MinuteCost:
    """Evaluate rules at some times as a ruler does, and return their mean cost at one."""
    seconds = cpu_seconds = 0.0
    samples = series = 0
    rules = list(rules)
    for at in times:
        for rule in rules:
            cost, found = server.ask_for_series(rule.query, at)
            seconds += cost.seconds
            cpu_seconds += cost.cpu_seconds
            samples += cost.samples
            series += len(found)
            if writes and found:
                write(
                    server.url,
                    (
                        ({**labels, **rule.labels, "__name__": rule.name}, [(at, value)])
                        for labels, value in found
                    ),
                )
    count = len(times)
    return MinuteCost(seconds / count, cpu_seconds / count, samples / count, series / count)
