"""Measure how long it takes from the scrape that shows a byte until the alert of its quota fires.

The compiled rules are evaluated at chosen times on a real Prometheus, which gets their results as
from a ruler. So the measurement covers every position of scrapes and evaluations in a step.
"""

import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from bench.support.prometheus import running
from bench.support.remote_write import Series, write
from bench.support.ruler import evaluate
from quotas import names
from quotas.accounting_options import Accounting
from quotas.calendars import DAY, DAY_SECONDS, HOUR, MONTH, WEEK, Calendar, Rolling
from quotas.model import Match, Quota, QuotaFile
from quotas.rules.compiler import compile_rules

ACCOUNTING = Accounting()
MINUTE, SCRAPE_SECONDS = 60, 15
PERIODS: tuple[Calendar | Rolling, ...] = (HOUR, DAY, WEEK, MONTH, Rolling(DAY_SECONDS))
# When rules are evaluated within a minute: also just before and after the scrape delay.
PHASES_SECONDS = (0.5, 5.0, 9.9, 10.1, 30.0, 59.0)
# When the counters of each service pass their limit: at one of the scrapes of this minute.
PASSED_MINUTE, SCRAPES_OF_MINUTE = 6, 4
FIRST_MINUTE, LAST_MINUTE = 3, 10
LIMIT_BYTES = 1_000


def measure_latency() -> dict[str, tuple[float, float]]:
    """Return the shortest and the longest latency of the quotas of each period, in seconds.

    Raises:
        RuntimeError: an alert did not fire.

    """
    found: dict[str, list[float]] = {period.name: [] for period in PERIODS}
    for phase in PHASES_SECONDS:
        for period, latency in _latencies(phase):
            found[period].append(latency)
    expected = len(PHASES_SECONDS) * SCRAPES_OF_MINUTE
    if any(len(latencies) != expected for latencies in found.values()):
        raise RuntimeError(f"not every alert fired: {found}")
    return {period: (min(latencies), max(latencies)) for period, latencies in found.items()}


def most_seconds() -> float:
    """Return the longest latency that is promised: two steps, and the delay of scrapes."""
    return 2 * ACCOUNTING.resolution_seconds + ACCOUNTING.scrape_delay_seconds


def _latencies(phase: float) -> Iterator[tuple[str, float]]:
    """Yield period and latency of each quota, with evaluations at this second of each minute."""
    # In the middle of an hour, so that no period ends meanwhile.
    start = (int(time.time()) // 3_600 - 2) * 3_600 + 600
    quotas = tuple(
        Quota(
            f"{period.name}-{number}",
            LIMIT_BYTES,
            {names.SERVICE: Match((f"service-{number}",))},
            calendar=period,
        )
        for period in PERIODS
        for number in range(SCRAPES_OF_MINUTE)
    )
    files = compile_rules(QuotaFile(ACCOUNTING, (), quotas), datetime.fromtimestamp(start, UTC))
    groups = [group for file in files for group in file.groups if "pipeline" not in group.name]
    rules = [rule for group in groups if group.interval_seconds == MINUTE for rule in group.rules]
    # What a rolling window has used is evaluated before its alert.
    rules.sort(key=lambda rule: rule.alert or rule.name in (names.RATIO, names.FORECAST))
    waiting = {quota.name: quota for quota in quotas}
    with tempfile.TemporaryDirectory(prefix="bench-rules-") as name, running(Path(name)) as server:
        for minute in range(FIRST_MINUTE, LAST_MINUTE + 1):
            at = start + MINUTE * minute + phase
            write(server.url, _scraped(start, at))
            for quota in evaluate(server, rules, at) & waiting.keys():
                number = int(quota.rpartition("-")[2])
                yield waiting.pop(quota).calendar.name, at - _scrape_times(start)[number]


def _scrape_times(start: int) -> list[float]:
    first = start + MINUTE * PASSED_MINUTE + 0.5
    return [first + SCRAPE_SECONDS * number for number in range(SCRAPES_OF_MINUTE)]


def _scraped(start: int, until: float) -> Iterator[Series]:
    """Yield what was scraped in the minute before a time, or since the start."""
    begin = start if until < start + MINUTE * (FIRST_MINUTE + 1) else until - MINUTE
    scrapes = [start + 0.5 + SCRAPE_SECONDS * n for n in range(MINUTE * LAST_MINUTE)]
    times = [at for at in scrapes if begin < at <= until]
    target = {"job": names.GATEWAY_JOB, "instance": "kong:8100"}
    node = {**target, "node_id": "n"}
    yield {"__name__": "up", **target}, [(at, 1) for at in times]
    yield {"__name__": "kong_node_info", **node}, [(at, 1) for at in times]
    requests = {"__name__": "kong_nginx_requests_total", "subsystem": "http", **node}
    yield requests, [(at, at - start) for at in times]
    for number, passed in enumerate(_scrape_times(start)):
        labels = {names.SERVICE: f"service-{number}", names.DIRECTION: names.EGRESS}
        counter = {"__name__": names.GATEWAY_BYTES, **target, **labels}
        yield counter, [(at, 10**9 + (at >= passed) * LIMIT_BYTES) for at in times]
