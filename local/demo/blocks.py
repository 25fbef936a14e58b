"""Write a generated history into blocks of Prometheus's database.

All series are sums of the same bytes, so they agree with each other: the counters of the last two
days, the deltas that the rules would have recorded, and the usage of each quota.
"""

import random
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from re import fullmatch

from local import programs
from local.demo.traffic import BUCKET_SECONDS, DAYS, SCRAPE_SECONDS, Flow, History, Labels
from local.stack.processes import StackError
from quotas import names
from quotas.calendars import MONTH, Calendar, Rolling, period_at
from quotas.model import Match, Quota, QuotaFile
from quotas.promql import quote

IMPORT_TIMEOUT_SECONDS = 120
# Charts of up to 45 hours read the counters; those of longer ranges read the deltas.
_COUNTERS_SECONDS = 50 * 3_600
# A chart of one hour shows windows of a few seconds.
_RECENT_SECONDS = 2 * 3_600
_RECENT_SCRAPE_SECONDS = 5
# The rules record a delta shortly after its step has ended.
_RECORDED_AFTER_SECONDS = 1


def write_blocks(history: History, file: QuotaFile, instance: str, folder: Path) -> None:
    """Write the history into the data folder of a Prometheus that is not running.

    Args:
        history: the traffic.
        file: the quotas whose usage is written.
        instance: the label ``instance`` that the gateway has in this Prometheus.
        folder: the data folder; it is made if it is missing.

    Raises:
        StackError: promtool failed.

    """
    folder.mkdir(parents=True, exist_ok=True)
    text = folder.parent / "history.txt"
    target = {"job": names.GATEWAY_JOB, "instance": instance}
    with text.open("w", encoding="utf-8") as stream:
        for lines in (
            counter_lines(history, target),
            up_lines(history, target),
            delta_lines(history, file.quotas),
            earlier_lines(history, file.quotas),
            usage_lines(history, file.quotas),
        ):
            stream.writelines(lines)
        stream.write("# EOF\n")
    # By default promtool reads the whole text once for every two hours of it.
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


def counter_lines(history: History, target: Labels) -> Iterator[str]:
    """Yield the scraped byte counters of the last 50 hours, in OpenMetrics."""
    since = history.bounds[-1] - _COUNTERS_SECONDS
    chance = random.Random(7)  # noqa: S311 - a pattern, not a secret
    for flow in history.flows:
        counted = 0.0
        head = _head(names.GATEWAY_BYTES, {**flow.labels, **target})
        for (start, end), size in zip(pairwise(history.bounds), flow.buckets, strict=True):
            if end > since:
                for at, share in _scrapes(chance, start, end, _scrape_step(history, end)):
                    if history.is_observed(at):
                        yield f"{head} {int(counted + size * share)} {at}\n"
                # The counter starts at 0 where its samples start: its total before does not matter.
                counted += size


def up_lines(history: History, target: Labels) -> Iterator[str]:
    """Yield ``up``: at each scrape where counters are written, and every 5 minutes before."""
    head = _head("up", target)
    since = history.bounds[-1] - _COUNTERS_SECONDS
    for start, end in pairwise(history.bounds):
        step = _scrape_step(history, end) if end > since else BUCKET_SECONDS // 2
        for at in range(start + step, end + 1, step):
            if history.is_observed(at):
                yield f"{head} 1 {at}\n"


def delta_lines(history: History, quotas: Iterable[Quota]) -> Iterator[str]:
    """Yield the deltas that the rules would have recorded in each calendar."""
    calendars = {quota.calendar for quota in quotas if isinstance(quota.calendar, Calendar)}
    for calendar in sorted(calendars | {MONTH}, key=lambda calendar: calendar.name):
        periods = _period_ids(history, calendar)
        for flow in history.flows:
            heads = {
                period: _head(
                    names.DELTA,
                    {**flow.labels, names.CALENDAR: calendar.name, names.PERIOD: period},
                )
                for period in dict.fromkeys(periods)
            }
            for end, size, period in zip(history.bounds[1:], flow.buckets, periods, strict=True):
                if history.is_observed(end):
                    yield f"{heads[period]} {size} {end + _RECORDED_AFTER_SECONDS}\n"


def earlier_lines(history: History, quotas: Iterable[Quota]) -> Iterator[str]:
    """Yield the bytes of each current period, which the rules add to what they count themselves."""
    calendars = {quota.calendar for quota in quotas if isinstance(quota.calendar, Calendar)}
    for calendar in sorted(calendars | {MONTH}, key=lambda calendar: calendar.name):
        periods = _period_ids(history, calendar)
        labels = {
            names.CALENDAR: calendar.name,
            names.PERIOD: periods[-1],
            names.COUNTED: names.COUNTED_EARLIER,
        }
        for flow in history.flows:
            buckets = zip(history.bounds[1:], flow.buckets, periods, strict=True)
            used = sum(
                size
                for end, size, period in buckets
                if period == periods[-1] and history.is_observed(end)
            )
            at = history.bounds[-1] + _RECORDED_AFTER_SECONDS
            yield f"{_head(names.EARLIER, {**flow.labels, **labels})} {used} {at}\n"


def usage_lines(history: History, quotas: Iterable[Quota]) -> Iterator[str]:
    """Yield the usage that the rules would have recorded for each entry of each quota."""
    for quota in quotas:
        groups: dict[tuple[str, ...], list[Flow]] = {}
        for flow in history.flows:
            if _is_counted(quota, flow.labels):
                key = tuple(flow.labels[label] for label in quota.for_each)
                groups.setdefault(key, []).append(flow)
        for key, flows in groups.items():
            labels = {names.QUOTA: quota.name, names.CALENDAR: quota.calendar.name}
            labels |= {**quota.labels, **quota.fixed_labels}
            labels |= dict(zip(quota.for_each, key, strict=True))
            sizes = [sum(column) for column in zip(*(flow.buckets for flow in flows), strict=True)]
            yield from _usage_of(history, quota, labels, sizes)


def _usage_of(
    history: History, quota: Quota, labels: Labels, sizes: Sequence[int]
) -> Iterator[str]:
    calendar = quota.calendar
    at = [end + _RECORDED_AFTER_SECONDS for end in history.bounds[1:]]
    if isinstance(calendar, Rolling):
        head, count, used = _head(names.USED, labels), calendar.seconds // BUCKET_SECONDS, 0
        for index, size in enumerate(sizes):
            used += size - (sizes[index - count] if index >= count else 0)
            yield f"{head} {used} {at[index]}\n"
        return
    current, used = "", 0
    periods = _period_ids(history, calendar)
    for index, period in enumerate(periods):
        used = sizes[index] + (used if period == current else 0)
        current = period
        of_period = {**labels, names.PERIOD: period}
        yield f"{_head(names.USED, of_period)} {used} {at[index]}\n"
        # The last ratio of a period says what its limit was. That of the current one is recorded.
        if period not in periods[index + 1 : index + 2] + periods[-1:]:
            yield f"{_head(names.RATIO, of_period)} {used / quota.limit_bytes!r} {at[index]}\n"


def _scrape_step(history: History, end: int) -> int:
    recent = end > history.bounds[-1] - _RECENT_SECONDS
    return _RECENT_SCRAPE_SECONDS if recent else SCRAPE_SECONDS


def _scrapes(chance: random.Random, start: int, end: int, step: int) -> Iterator[tuple[int, float]]:
    """Yield the time of each scrape of a bucket, and the share of its bytes counted by then."""
    times = range(start + step, end + 1, step)
    weights = [chance.uniform(0.4, 1.6) for _ in times]
    total, so_far = sum(weights), 0.0
    for at, weight in zip(times, weights, strict=True):
        so_far += weight
        yield at, 1.0 if at == end else so_far / total


def _period_ids(history: History, calendar: Calendar) -> list[str]:
    """Return the id of the period in which each bucket starts."""
    found, end = [], datetime.min.replace(tzinfo=UTC)
    current = ""
    for start in history.bounds[:-1]:
        at = datetime.fromtimestamp(start, UTC)
        if at >= end:
            period = period_at(calendar, at)
            current, end = str(period.id), period.end
        found.append(current)
    return found


def _is_counted(quota: Quota, labels: Labels) -> bool:
    if quota.direction not in (names.BOTH, labels[names.DIRECTION]):
        return False
    if any(labels[label] in values for label, values in quota.excluded.items()):
        return False
    return all(_matches(match, labels[label]) for label, match in quota.selector.items())


def _matches(match: Match, value: str) -> bool:
    if match.regex is not None:
        return fullmatch(match.regex, value) is not None
    return value in match.values


def _head(metric: str, labels: Labels) -> str:
    text = ",".join(f"{name}={quote(value)}" for name, value in labels.items() if value)
    return f"{metric}{{{text}}}"
