"""A ruler whose evaluations and their visibility a test decides, on a real Prometheus.

It evaluates compiled rules with queries at chosen times, and writes the results back as a remote
ruler does (Thanos, Mimir, vmalert). So evaluations can be missing, late, or come from two rulers.
"""

import itertools
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

from bench.support.remote_write import Series, write
from quotas import names
from quotas.accounting_options import Accounting
from quotas.calendars import DAY, HOUR
from quotas.model import Quota, QuotaFile
from quotas.rule_files.rule import Rule
from quotas.rule_files.splitting import split_groups
from quotas.rules.compiler import compile_rules
from tests.integration.support.prometheus import Server, with_config
from tests.integration.support.promtool import NOW

ACCOUNTING = Accounting(gap_tolerance_seconds=900)
QUOTAS = QuotaFile(
    ACCOUNTING, (), (Quota("hour", 10**12, calendar=HOUR), Quota("day", 10**12, calendar=DAY))
)
STEP_SECONDS, SCRAPE_SECONDS, MINUTE = 60, 15, 60
# Rules of quotas begin to be evaluated some minutes after the first scrape.
WARM_UP_SECONDS = 600
_NOT_NEEDED = (names.RATIO, names.FORECAST, names.LIMIT, names.PERIOD_LEFT)


@dataclass(frozen=True)
class Evaluation:
    """When rules are evaluated, and when others can see the result, in seconds from the start.

    If groups are split, ``part`` is the number of the part, from 0.
    """

    at: float
    visible_at: float
    part: int = 0


def every_minute(
    until: int, *, phase: float = 23.4, lag: float = 0, without: Sequence[range] = ()
) -> list[Evaluation]:
    """Return an evaluation in each minute, except in some, visible after a lag."""
    minutes = range(WARM_UP_SECONDS // MINUTE, until // MINUTE)
    return [
        Evaluation(MINUTE * minute + phase, MINUTE * minute + phase + lag)
        for minute in minutes
        if not any(minute in missing for missing in without)
    ]


@dataclass(frozen=True)
class Gateway:
    """The traffic of one gateway from a start on, a full hour."""

    start: int

    def scrapes(self, until: int) -> range:
        """Return when it is scraped."""
        return range(self.start + 7, self.start + until, SCRAPE_SECONDS)

    def moved(self, at: int) -> int:
        """Return the bytes that moved between the previous scrape and this one."""
        return at * 7_919 % 1_013

    def truth(self, begin: int, end: int) -> int:
        """Return the bytes that moved between two whole minutes since the start."""
        scrapes = self.scrapes(end)
        return sum(self.moved(at) for at in scrapes if at > self.start + begin)

    def series(self, until: int) -> Iterator[tuple[float, list[Series]]]:
        """Yield each scrape: its time, and its samples."""
        target = {"job": names.GATEWAY_JOB, "instance": "kong:8100"}
        scrapes = self.scrapes(until)
        for at, counted in zip(
            scrapes, itertools.accumulate(map(self.moved, scrapes)), strict=True
        ):
            values = {
                "up": ({}, 1),
                "kong_nginx_requests_total": ({"node_id": "n", "subsystem": "http"}, at),
                "kong_node_info": ({"node_id": "n"}, 1),
                names.GATEWAY_BYTES: ({"service": "s", "direction": "egress"}, 10**12 + counted),
            }
            yield (
                at,
                [
                    ({"__name__": name, **target, **labels}, [(at, value)])
                    for name, (labels, value) in values.items()
                ],
            )


@contextmanager
def evaluated(
    folder: Path,
    evaluations: Iterable[Evaluation],
    until: int,
    *,
    upgraded_at: int = 0,
    recounted_in: int = 7,
    most_rules: int | None = None,
) -> Iterator[tuple[Server, Gateway]]:
    """Run a Prometheus with what a gateway and rulers wrote into it until some seconds.

    Before ``upgraded_at``, the rulers evaluate the rules of an earlier version. The rules of every
    quarter of an hour are evaluated in its minute ``recounted_in``. With ``most_rules``, groups are
    split, and each part has evaluations of its own.
    """
    gateway = Gateway(int(time.time()) // 3_600 * 3_600 - 4 * 3_600)
    *parts, recount = (
        [rule for rule in group.rules if not rule.alert and rule.name not in _NOT_NEEDED]
        for group in split_groups(compile_rules(QUOTAS, NOW)[:1], most_rules=most_rules)[0].groups
    )
    earlier = earlier_rules()
    receiver = ("--web.enable-remote-write-receiver",)
    with with_config(folder, {}, *receiver) as server:
        scrapes = gateway.series(until)
        scrape = next(scrapes, None)
        waiting: list[tuple[float, list[Series]]] = []
        for evaluation in sorted(evaluations, key=lambda known: known.at):
            at = gateway.start + evaluation.at
            while scrape and scrape[0] <= at:
                write(server.url, scrape[1])
                scrape = next(scrapes, None)
            for _, results in (late for late in waiting if late[0] <= at):
                write(server.url, results)
            waiting = [late for late in waiting if late[0] > at]
            is_late = evaluation.visible_at > evaluation.at
            is_quarterly = evaluation.at // MINUTE % 15 == recounted_in and evaluation.part == 0
            loaded = [*parts[evaluation.part], *(recount if is_quarterly else [])]
            loaded = loaded if evaluation.at >= upgraded_at else earlier
            results = _evaluate(server, loaded, at, write_at_once=not is_late)
            if is_late:
                waiting.append((gateway.start + evaluation.visible_at, results))
        yield server, gateway


def earlier_rules() -> list[Rule]:
    """Return the rules of the version that recorded each step once for each calendar."""
    content = yaml.safe_load((Path(__file__).parent / "earlier_rules.yml").read_text())
    return [
        Rule(rule["record"], rule["expr"], labels=rule.get("labels", {}))
        for group in content["groups"]
        for rule in group["rules"]
    ]


def _evaluate(
    server: Server, rules: Iterable[Rule], at: float, *, write_at_once: bool
) -> list[Series]:
    """Evaluate rules in order. Each sees the results of those before it if written at once."""
    found: list[Series] = []
    for rule in rules:
        results = [
            (_named(rule, labels), [(at, value)]) for labels, value in server.query(rule.query, at)
        ]
        if write_at_once and results:
            write(server.url, results)
        found += results
    return found


def _named(rule: Rule, labels: Mapping[str, str]) -> dict[str, str]:
    return {**labels, **rule.labels, "__name__": rule.name}


def used(
    server: Server, gateway: Gateway, at: int, within: str = "3m"
) -> dict[tuple[str, int], float]:
    """Return what each quota has used in each period at some seconds from the start."""
    query = f"last_over_time({names.USED}[{within}])"
    return {
        (labels[names.QUOTA], int(labels[names.PERIOD])): value
        for labels, value in server.query(query, gateway.start + at)
    }
