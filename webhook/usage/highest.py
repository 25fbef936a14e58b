"""The highest usage among many periods, such as the days of a month, or of a rolling window."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from string import Template

from quotas import names
from quotas.calendars import Calendar, Period, period_at
from quotas.model import Quota
from quotas.promql import match_any, selector
from webhook.usage.reading import (
    LINGERING,
    MOST_ENTRIES,
    UsageReader,
    match_entry,
    only_value,
    span_of,
)

# Prometheus is asked about so much time at once, because it reads every value in it.
_SLICE = timedelta(days=7)

_HIGHEST = Template("topk($most, max by ($labels) (max_over_time($used[$range])))")
_OVER = Template(
    "topk($most, count by ($labels) (max by ($by) (max_over_time($used[$range])) >= $limit))"
)

Entry = frozenset[tuple[str, str]]


@dataclass(frozen=True)
class HighestUsage:
    """The most that an entry used in any of some periods, and in how many it reached its limit.

    The limit is the last one that the quota had then. ``over`` is None for a rolling window, which
    has no periods.
    """

    labels: Mapping[str, str]
    used_bytes: int
    limit_bytes: int
    over: int | None


def periods_that_end(calendar: Calendar, start: datetime, end: datetime) -> Sequence[Period]:
    """Return the periods that end after ``start`` and until ``end``, oldest first."""
    period = period_at(calendar, start)
    found = []
    while period.end <= end:
        found.append(period)
        period = period_at(calendar, period.end)
    return found


def read_highest(
    reader: UsageReader, quota: Quota, start: datetime, end: datetime, now: datetime
) -> tuple[HighestUsage, ...]:
    """Return the highest usage of each entry in the periods that end within a span of time.

    Of a rolling window it is the highest that it had at any time within. The entries are at most
    MOST_ENTRIES: those that used most, the largest first.

    Args:
        reader: where to read.
        quota: the quota.
        start: the start of the span (excluded).
        end: its end.
        now: the current time.

    Raises:
        UsageUnavailableError: Prometheus gave no usable answer.

    """
    limit_bytes = reader.read_limit(quota, start, end)
    highest: dict[Entry, int] = {}
    over: dict[Entry, int] = {}
    is_cut = isinstance(quota.calendar, Calendar)
    for used, since, until in _slices(quota, start, end, now):
        holes = {
            "most": MOST_ENTRIES,
            "labels": ", ".join(quota.for_each),
            "by": ", ".join([names.PERIOD, *quota.for_each]),
            "used": used,
            "range": span_of(since, until),
            "limit": limit_bytes,
        }
        for entry, used_bytes in _ask(reader, _HIGHEST.substitute(holes), until):
            highest[entry] = max(highest.get(entry, 0), used_bytes)
        for entry, count in _ask(reader, _OVER.substitute(holes), until) if is_cut else ():
            over[entry] = over.get(entry, 0) + count
    usages = [
        HighestUsage(dict(entry), used_bytes, limit_bytes, over.get(entry, 0) if is_cut else None)
        for entry, used_bytes in highest.items()
    ]
    ordered = sorted(usages, key=lambda usage: (-usage.used_bytes, sorted(usage.labels.items())))
    return tuple(ordered[:MOST_ENTRIES])


def _slices(
    quota: Quota, start: datetime, end: datetime, now: datetime
) -> Iterator[tuple[str, datetime, datetime]]:
    """Yield selectors of usage in parts of a span, with the times between which it is read."""
    matchers = match_entry(quota, {}, None)
    if not isinstance(quota.calendar, Calendar):
        while start < end:
            until = min(start + _SLICE, end)
            yield names.USED + selector(matchers), start, until
            start = until
        return
    periods = periods_that_end(quota.calendar, start, end)
    for _, some in groupby(periods, lambda period: (period.start - periods[0].start) // _SLICE):
        part = list(some)
        ids = match_any(names.PERIOD, [str(period.id) for period in part])
        used = names.USED + selector([*matchers, ids])
        yield used, part[0].start, min(part[-1].end + LINGERING, now)


def _ask(reader: UsageReader, query: str, at: datetime) -> Iterator[tuple[Entry, int]]:
    for series in reader.ask_at(query, at):
        yield frozenset(series.labels.items()), only_value(series)
