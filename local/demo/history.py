"""A made-up past for the demo: weeks of traffic, as gateways and rules would have left it.

Everything agrees: the counters of the last two days, the recorded deltas, and what quotas had used
are sums of the same bytes. Days have a busy and a quiet time; twice, no gateway was observed.
"""

import random
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from math import cos, pi
from pathlib import Path
from re import fullmatch

from local import programs
from local.processes import StackError
from quotas import names
from quotas.calendars import DAY_SECONDS, MONTH, Calendar, Rolling, period_at
from quotas.model import Match, Quota, QuotaFile
from quotas.promql import quote

DAYS = 40
IMPORT_TIMEOUT_SECONDS = 120
_BUCKET_SECONDS = 600
# Charts of up to 45 hours read the counters.
_COUNTERS_SECONDS = 50 * 3_600
_SCRAPE_SECONDS = 30
# Charts of an hour show windows of seconds.
_RECENT_SECONDS = 2 * 3_600
_RECENT_SCRAPE_SECONDS = 5
# Deltas are recorded a little after their step has ended.
_RECORDED_AFTER_SECONDS = 1

_ROUTES = {("bin-service", "bin-route"): 3.0, ("bun-service", "bun-route"): 6.0}
_ROUTES |= {("ban-service", "ban-route"): 1.0}
_CONSUMERS = {"acme": 5.0, "globex": 3.0, "initech": 1.5, "": 1.5}
_DIRECTIONS = {names.EGRESS: 0.8, names.INGRESS: 0.2}
_WEEKEND = 0.45
_BUSIEST_HOUR = 14
# How long ago no gateway was observed, and for how long, in hours.
_GAPS_HOURS = ((9.5, 0.75), (75.0, 5.0))

Labels = Mapping[str, str]


@dataclass(frozen=True)
class Flow:
    """What one counter counts: bytes in each bucket, oldest first."""

    labels: Labels
    buckets: Sequence[int]


@dataclass(frozen=True)
class Past:
    """The flows, and the bounds of their buckets in Unix seconds; the last may be a short one."""

    bounds: Sequence[int]
    flows: Sequence[Flow]

    def is_observed(self, at: float) -> bool:
        """Return whether a gateway was observed then."""
        return not any(
            self.bounds[-1] - 3_600 * ago < at <= self.bounds[-1] - 3_600 * (ago - hours)
            for ago, hours in _GAPS_HOURS
        )


def make_past(now: datetime, bytes_per_second: float) -> Past:
    """Return traffic of some weeks until now; the same each time but for its dates."""
    end = int(now.timestamp()) // _SCRAPE_SECONDS * _SCRAPE_SECONDS
    first = end // _BUCKET_SECONDS * _BUCKET_SECONDS - DAYS * DAY_SECONDS
    bounds = [*range(first, end, _BUCKET_SECONDS), end]
    empty = Past(bounds, ())
    total = sum(_ROUTES.values()) * sum(_CONSUMERS.values())
    flows = []
    for (service, route), of_route in _ROUTES.items():
        for consumer, of_consumer in _CONSUMERS.items():
            for direction, share in _DIRECTIONS.items():
                mean = bytes_per_second * share * of_route * of_consumer / total
                names_of_it = (service, route, consumer, "default", direction)
                labels = dict(zip(names.SELECTOR_LABELS, names_of_it, strict=True))
                flows.append(Flow(labels, _draw(empty, labels, mean)))
    return Past(bounds, flows)


def _draw(past: Past, labels: Labels, mean: float) -> list[int]:
    chance = random.Random("/".join(labels.values()))  # noqa: S311 - a pattern, not a secret
    # Each has its own busiest time, and drifts around its mean.
    shift, drift, drawn = chance.uniform(-2, 2), 0.0, []
    for start, end in pairwise(past.bounds):
        at = datetime.fromtimestamp(start, UTC)
        hour = at.hour + at.minute / 60 - _BUSIEST_HOUR - shift
        busy = (1 + 0.6 * cos(hour * pi / 12)) * (_WEEKEND if at.weekday() > 4 else 1.15)  # noqa: PLR2004 - Saturday and Sunday
        drift = 0.92 * drift + chance.uniform(-0.1, 0.1)
        size = mean * (end - start) * busy * max(0.2, 1 + drift + chance.uniform(-0.12, 0.12))
        # Counting begins again with the first scrape after a gap, so nothing may move before it.
        drawn.append(round(size) if past.is_observed(start) and past.is_observed(end) else 0)
    return drawn


def write_past(past: Past, file: QuotaFile, instance: str, folder: Path) -> None:
    """Make blocks of the past in ``folder``, where a Prometheus that does not run keeps its data.

    Raises:
        StackError: promtool did not take it.

    """
    folder.mkdir(parents=True, exist_ok=True)
    text = folder.parent / "history.txt"
    target = {"job": names.GATEWAY_JOB, "instance": instance}
    with text.open("w", encoding="utf-8") as stream:
        for lines in (
            _write_counters(past, target),
            _write_up(past, target),
            _write_deltas(past, file.quotas),
            _write_used(past, file.quotas),
        ):
            stream.writelines(lines)
        stream.write("# EOF\n")
    # Without it, promtool reads all of the text for every two hours of it.
    longest = f"--max-block-duration={24 * DAYS}h"
    command = ["tsdb", "create-blocks-from", "openmetrics", longest, str(text), str(folder)]
    done = subprocess.run(  # noqa: S603 - a fixed program, no shell
        [programs.find(programs.PROMTOOL), *command],
        check=False,
        capture_output=True,
        text=True,
        timeout=IMPORT_TIMEOUT_SECONDS,
    )
    text.unlink()
    if done.returncode:
        raise StackError(f"promtool made no blocks of the demo's history: {done.stderr[-500:]}")


def _write_counters(past: Past, target: Labels) -> Iterator[str]:
    since = past.bounds[-1] - _COUNTERS_SECONDS
    chance = random.Random(7)  # noqa: S311 - a pattern, not a secret
    for flow in past.flows:
        counted = 0.0
        head = _head(names.GATEWAY_BYTES, {**flow.labels, **target})
        for (start, end), size in zip(pairwise(past.bounds), flow.buckets, strict=True):
            if end > since:
                for at, share in _spread(chance, start, end, _scrape_step(past, end)):
                    if past.is_observed(at):
                        yield f"{head} {int(counted + size * share)} {at}\n"
                # It counts from zero, since the gateway was there before and it was not.
                counted += size


def _scrape_step(past: Past, end: int) -> int:
    recent = end > past.bounds[-1] - _RECENT_SECONDS
    return _RECENT_SCRAPE_SECONDS if recent else _SCRAPE_SECONDS


def _spread(chance: random.Random, start: int, end: int, step: int) -> Iterator[tuple[int, float]]:
    """Yield each scrape of a bucket, and which share of its bytes was counted by then."""
    times = range(start + step, end + 1, step)
    weights = [chance.uniform(0.4, 1.6) for _ in times]
    total, so_far = sum(weights), 0.0
    for at, weight in zip(times, weights, strict=True):
        so_far += weight
        yield at, 1.0 if at == end else so_far / total


def _write_up(past: Past, target: Labels) -> Iterator[str]:
    """Yield that the gateway was scraped: seldom in the past, often where counters are."""
    head = _head("up", target)
    since = past.bounds[-1] - _COUNTERS_SECONDS
    for start, end in pairwise(past.bounds):
        step = _scrape_step(past, end) if end > since else _BUCKET_SECONDS // 2
        for at in range(start + step, end + 1, step):
            if past.is_observed(at):
                yield f"{head} 1 {at}\n"


def _write_deltas(past: Past, quotas: Iterable[Quota]) -> Iterator[str]:
    calendars = {quota.calendar for quota in quotas if isinstance(quota.calendar, Calendar)}
    for calendar in sorted(calendars | {MONTH}, key=lambda calendar: calendar.name):
        periods = _periods(past, calendar)
        for flow in past.flows:
            heads = {
                period: _head(
                    names.DELTA,
                    {**flow.labels, names.CALENDAR: calendar.name, names.PERIOD: period},
                )
                for period in dict.fromkeys(periods)
            }
            for end, size, period in zip(past.bounds[1:], flow.buckets, periods, strict=True):
                if past.is_observed(end):
                    yield f"{heads[period]} {size} {end + _RECORDED_AFTER_SECONDS}\n"


def _write_used(past: Past, quotas: Iterable[Quota]) -> Iterator[str]:
    for quota in quotas:
        groups: dict[tuple[str, ...], list[Flow]] = {}
        for flow in past.flows:
            if _counts(quota, flow.labels):
                key = tuple(flow.labels[label] for label in quota.for_each)
                groups.setdefault(key, []).append(flow)
        for key, flows in groups.items():
            labels = {names.QUOTA: quota.name, names.CALENDAR: quota.calendar.name}
            labels |= {**quota.labels, **quota.fixed_labels}
            labels |= dict(zip(quota.for_each, key, strict=True))
            sizes = [sum(column) for column in zip(*(flow.buckets for flow in flows), strict=True)]
            yield from _write_used_of(past, quota.calendar, labels, sizes)


def _write_used_of(
    past: Past, calendar: Calendar | Rolling, labels: Labels, sizes: Sequence[int]
) -> Iterator[str]:
    at = [end + _RECORDED_AFTER_SECONDS for end in past.bounds[1:]]
    if isinstance(calendar, Rolling):
        head, count, used = _head(names.USED, labels), calendar.seconds // _BUCKET_SECONDS, 0
        for index, size in enumerate(sizes):
            used += size - (sizes[index - count] if index >= count else 0)
            yield f"{head} {used} {at[index]}\n"
        return
    current, used = "", 0
    for index, period in enumerate(_periods(past, calendar)):
        used = sizes[index] + (used if period == current else 0)
        current = period
        yield f"{_head(names.USED, {**labels, names.PERIOD: period})} {used} {at[index]}\n"


def _periods(past: Past, calendar: Calendar) -> list[str]:
    """Return the id of the period that each bucket lies in."""
    found, end = [], datetime.min.replace(tzinfo=UTC)
    current = ""
    for start in past.bounds[:-1]:
        at = datetime.fromtimestamp(start, UTC)
        if at >= end:
            period = period_at(calendar, at)
            current, end = str(period.id), period.end
        found.append(current)
    return found


def _counts(quota: Quota, labels: Labels) -> bool:
    if quota.direction not in (names.BOTH, labels[names.DIRECTION]):
        return False
    if any(labels[label] in values for label, values in quota.excluded.items()):
        return False
    return all(_fits(match, labels[label]) for label, match in quota.selector.items())


def _fits(match: Match, value: str) -> bool:
    if match.regex is not None:
        return fullmatch(match.regex, value) is not None
    return value in match.values


def _head(metric: str, labels: Labels) -> str:
    text = ",".join(f"{name}={quote(value)}" for name, value in labels.items() if value)
    return f"{metric}{{{text}}}"
