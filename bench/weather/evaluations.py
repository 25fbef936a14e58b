"""Measure what quotas have used if evaluations are skipped, or Prometheus restarts.

The compiled rules are evaluated on a real Prometheus, which gets scrapes and results by remote
write, in the past. So hours take a minute.
"""

import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench.support.prometheus import running
from bench.support.remote_write import Series, write
from bench.support.ruler import evaluate
from quotas import names
from quotas.accounting_options import Accounting
from quotas.calendars import DAY_SECONDS, MONTH
from quotas.model import Quota, QuotaFile
from quotas.rules.compiler import compile_rules

MINUTE, QUARTER_MINUTES, SCRAPE_SECONDS = 60, 15, 15
MINUTES = 300
PHASE_SECONDS, RECOUNTED_IN = 23.4, 7
# Rules begin to count some minutes after the first scrape.
WARM_UP_MINUTES = 10
_NOT_NEEDED = (names.RATIO, names.FORECAST, names.LIMIT, names.PERIOD_LEFT, names.SELECTION)


@dataclass(frozen=True)
class Story:
    """In which minutes no rule is evaluated, and whether nothing is scraped then either."""

    title: str
    without: Sequence[range]
    is_scraped: bool = True


@dataclass(frozen=True)
class Result:
    """The bytes of a story: moved, in the steps that were evaluated, and used by the quota."""

    moved: int
    in_steps: float
    used: float


def stories() -> list[Story]:
    """Return the stories."""
    chance = random.Random(1)  # noqa: S311 - minutes, no secrets
    starts = range(30, MINUTES - 60, (MINUTES - 90) // 10)
    restarts = [range(start, start + chance.choice((1, 2, 3))) for start in starts][:10]
    third = [range(minute, minute + 1) for minute in range(30, MINUTES - 60, 3)]
    return [
        Story("none is skipped", []),
        Story("every third is skipped", third),
        Story("ten stretches of 1 to 3 minutes are skipped", restarts),
        Story("13 minutes are skipped", [range(100, 113)]),
        Story("Prometheus restarts ten times, away for 1 to 3 minutes", restarts, is_scraped=False),
    ]


def measure_story(story: Story) -> Result:
    """Return what a quota of all traffic has used at the end of a story."""
    start = (int(time.time()) // DAY_SECONDS) * DAY_SECONDS - DAY_SECONDS + 6 * 3_600
    files = compile_rules(
        QuotaFile(Accounting(), (), (Quota("all", 10**12, calendar=MONTH),)),
        datetime.fromtimestamp(start, UTC),
    )
    rules, recount = (
        [rule for rule in group.rules if not rule.alert and rule.name not in _NOT_NEEDED]
        for group in files[0].groups
    )
    with (
        tempfile.TemporaryDirectory(prefix="bench-weather-") as name,
        running(Path(name)) as server,
    ):
        for minute in range(MINUTES):
            is_away = any(minute in missing for missing in story.without)
            if story.is_scraped or not is_away:
                write(server.url, _scraped(start, minute))
            if minute >= WARM_UP_MINUTES and not is_away:
                is_quarterly = minute % QUARTER_MINUTES == RECOUNTED_IN
                at = start + MINUTE * minute + PHASE_SECONDS
                evaluate(server, [*rules, *(recount if is_quarterly else [])], at)
        end = start + MINUTE * MINUTES
        steps = f"sum(sum_over_time({names.DELTA}[{MINUTES}m]))"
        used = f"sum(last_over_time({names.USED}[5m]))"
        (_, in_steps), (_, counted) = (
            server.ask_for_series(query, end)[1][0] for query in (steps, used)
        )
    # The first step that is counted begins a minute before the first evaluation.
    scrapes = _times(start, WARM_UP_MINUTES - 1, MINUTES - 2)
    return Result(sum(map(_moved, scrapes)), in_steps, counted)


def _times(start: int, first: int, last: int) -> list[int]:
    """Return when the gateway is scraped, from one minute to another."""
    begin, end = start + MINUTE * first, start + MINUTE * (last + 1)
    return list(range(begin + 7, end, SCRAPE_SECONDS))


def _moved(at: int) -> int:
    return at * 7_919 % 1_013


def _scraped(start: int, minute: int) -> Iterator[Series]:
    times = _times(start, minute, minute)
    counted = 10**12 + sum(map(_moved, _times(start, 0, minute - 1)))
    values = []
    for at in times:
        counted += _moved(at)
        values.append(counted)
    target = {"job": names.GATEWAY_JOB, "instance": "kong:8100"}
    node = {**target, "node_id": "n"}
    yield {"__name__": "up", **target}, [(at, 1) for at in times]
    yield {"__name__": "kong_node_info", **node}, [(at, 1) for at in times]
    requests = {"__name__": "kong_nginx_requests_total", "subsystem": "http", **node}
    yield requests, [(at, at - start) for at in times]
    counter = {"__name__": names.GATEWAY_BYTES, names.SERVICE: "s", names.DIRECTION: names.EGRESS}
    yield {**counter, **target}, list(zip(times, values, strict=True))
