"""The highest usage among many periods, such as the days of a month, or of a rolling window."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from string import Template

from quotas import names
from quotas.accounting_options import Accounting
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

# If steps are counted again, a period is evaluated for more than an hour after its end, so that its
# last value is among those of every five minutes. They cost Prometheus a fifth of all values.
_EVERY_FIVE_MINUTES, _ALL = ":5m", ""

_HIGHEST = Template("topk($most, max by ($labels) (max_over_time($used[$range$step])))")
_OVER = Template(
    "topk($most, count by ($labels) (max by ($by) (max_over_time($used[$range$step])) >= $limit))"
)


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
    reader: UsageReader,
    quota: Quota,
    accounting: Accounting,
    span: tuple[datetime, datetime],
    now: datetime,
) -> tuple[HighestUsage, ...]:
    """Return the highest usage of each entry in the periods that end within a span of time.

    Of a rolling window it is the highest that it had at any time within. The entries are at most
    MOST_ENTRIES: those that used most, the largest first.

    Args:
        reader: where to read.
        quota: the quota.
        accounting: how its bytes are counted.
        span: the start (excluded) and the end.
        now: the current time.

    Raises:
        UsageUnavailableError: Prometheus gave no usable answer.

    """
    start, end = span
    limit_bytes = reader.read_limit(quota, start, end)
    matchers = match_entry(quota, {}, None)
    until, step = end, _ALL
    if isinstance(quota.calendar, Calendar):
        periods = periods_that_end(quota.calendar, start, end)
        if not periods:
            return ()
        start, until = periods[0].start, min(end + LINGERING, now)
        matchers.append(match_any(names.PERIOD, [str(period.id) for period in periods]))
        step = _EVERY_FIVE_MINUTES if accounting.catch_up else _ALL
    holes = {
        "most": MOST_ENTRIES,
        "labels": ", ".join(quota.for_each),
        "by": ", ".join([names.PERIOD, *quota.for_each]),
        "used": names.USED + selector(matchers),
        "limit": limit_bytes,
        "range": span_of(start, until),
        "step": step,
    }
    highest = reader.ask_at(_HIGHEST.substitute(holes), until)
    over: dict[frozenset[tuple[str, str]], int] | None = None
    if isinstance(quota.calendar, Calendar):
        counts = reader.ask_at(_OVER.substitute(holes), until)
        over = {frozenset(found.labels.items()): only_value(found) for found in counts}
    usages = [
        HighestUsage(
            found.labels,
            only_value(found),
            limit_bytes,
            None if over is None else over.get(frozenset(found.labels.items()), 0),
        )
        for found in highest
    ]
    return tuple(sorted(usages, key=lambda usage: (-usage.used_bytes, *usage.labels.values())))
