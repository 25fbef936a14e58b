"""The figures of a quota in a report: of a week or month, beside those of the one before.

What they mean depends on the quota's own periods:

- They are those of the report: what was used in the period.
- They are longer: what was used of the current one until the report's end.
- They are shorter, or a rolling window: the highest of those that ended meanwhile.
"""

import logging
from collections.abc import Mapping
from datetime import datetime

from quotas import names
from quotas.calendars import LONGEST_SECONDS, Calendar, Period
from quotas.model import Quota
from webhook.usage.highest import periods_that_end, read_highest
from webhook.usage.model import (
    PACE,
    EntryFigures,
    Figures,
    ReportSpan,
)
from webhook.usage.reading import (
    MOST_ENTRIES,
    EntryTotal,
    UsageReader,
    UsageUnavailableError,
)

MOST_TOP = 5
_log = logging.getLogger(__name__)


def read_figures(reader: UsageReader, quota: Quota, span: ReportSpan, now: datetime) -> Figures:
    """Return the figures of a quota in the period of a report.

    Raises:
        webhook.usage.reading.UsageUnavailableError: Prometheus gave no usable answer.

    """
    calendar = quota.calendar
    if calendar == span.calendar:
        return _of_period(reader, quota, span, now)
    if isinstance(calendar, Calendar) and _is_longer(calendar, span.calendar):
        return _so_far(reader, quota, calendar, span)
    return _highest(reader, quota, span, now)


def _is_longer(calendar: Calendar, other: Calendar) -> bool:
    return LONGEST_SECONDS[calendar.kind] > LONGEST_SECONDS[other.kind]


def _of_period(reader: UsageReader, quota: Quota, span: ReportSpan, now: datetime) -> Figures:
    period = span.period
    totals = reader.read_totals(quota, period, now)
    before = _by_entry(reader.read_totals(quota, span.before, now))
    expected: dict[object, int] = {}
    if span.current is not None:
        expected = _expect(reader, quota, span.current, period, totals)
    entries = [
        EntryFigures(
            total.labels,
            total.used_bytes,
            total.limit_bytes,
            # An entry that another one was recorded beside had no traffic then.
            before.get(_key(total), 0 if before else None),
            expected.get(_key(total)),
        )
        for total in totals
    ]
    top = _read_top(reader, quota, period, now) if totals else ()
    points = _read_points(reader, quota, period.start, period.end)
    return Figures("period", tuple(entries), _total(before), top, points=points)


def _expect(
    reader: UsageReader,
    quota: Quota,
    current: Period,
    period: Period,
    totals: tuple[EntryTotal, ...],
) -> dict[object, int]:
    """Return what the current period ends with, at the pace of the last days of the one before."""
    since = max(period.start, period.end - PACE)
    then: dict[object, int] = {}
    if since > period.start:
        then = _by_entry(reader.read_totals(quota, period, since))
        if not then:
            return {}
    ratio = _seconds(current.start, current.end) / _seconds(since, period.end)
    return {
        _key(total): int(max(0, total.used_bytes - then.get(_key(total), 0)) * ratio)
        for total in totals
    }


def _so_far(reader: UsageReader, quota: Quota, calendar: Calendar, span: ReportSpan) -> Figures:
    own = span.last_of(calendar)
    totals = reader.read_totals(quota, own, span.period.end)
    before: dict[object, int] = {}
    if own.start < span.period.start:
        before = _by_entry(reader.read_totals(quota, own, span.period.start))
    entries = (
        EntryFigures(total.labels, total.used_bytes, total.limit_bytes, before.get(_key(total)))
        for total in totals
    )
    points = _read_points(reader, quota, own.start, span.period.end)
    return Figures("so far", tuple(entries), _total(before), points=points)


def _highest(reader: UsageReader, quota: Quota, span: ReportSpan, now: datetime) -> Figures:
    period, earlier = span.period, span.before
    highest, highest_before = (
        read_highest(reader, quota, one.start, one.end, now) for one in (period, earlier)
    )
    before = {frozenset(usage.labels.items()): usage.used_bytes for usage in highest_before}
    entries = (
        EntryFigures(
            usage.labels,
            usage.used_bytes,
            usage.limit_bytes,
            before.get(frozenset(usage.labels.items())),
            over=usage.over,
        )
        for usage in highest
    )
    count = 0
    if isinstance(quota.calendar, Calendar):
        count = len(periods_that_end(quota.calendar, period.start, period.end))
    return Figures("highest", tuple(entries), periods=count)


def _read_points(
    reader: UsageReader, quota: Quota, start: datetime, end: datetime
) -> tuple[tuple[datetime, int], ...]:
    if quota.for_each:
        return ()
    try:
        return reader.read_points(quota, {}, start, end)
    except UsageUnavailableError as error:
        # A report never waits for a chart.
        _log.warning("quota=%s: no chart: %s", quota.name, error)
        return ()


def _read_top(
    reader: UsageReader, quota: Quota, period: Period, now: datetime
) -> tuple[tuple[str, tuple[tuple[str, int], ...]], ...]:
    """Return the largest consumers and services; routes, if there are no several services."""
    top: dict[str, tuple[tuple[str, int], ...]] = {}
    for label in (names.CONSUMER, names.SERVICE, names.ROUTE):
        is_fixed = label in quota.for_each or label in quota.fixed_labels
        if is_fixed or (label == names.ROUTE and names.SERVICE in top):
            continue
        found = reader.read_top(quota, period, label, now, MOST_TOP)
        if len(found) > 1 or (found and label == names.CONSUMER):
            top[label] = found
    return tuple(top.items())


def _seconds(start: datetime, end: datetime) -> float:
    # Not the difference of local times, which is an hour off after clocks have changed.
    return end.timestamp() - start.timestamp()


def _total(by_entry: Mapping[object, int]) -> int | None:
    is_complete = 0 < len(by_entry) < MOST_ENTRIES
    return sum(by_entry.values()) if is_complete else None


def _by_entry(totals: tuple[EntryTotal, ...]) -> dict[object, int]:
    return {_key(total): total.used_bytes for total in totals}


def _key(total: EntryTotal) -> object:
    return frozenset(total.labels.items())
