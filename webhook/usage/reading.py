"""The usage of a quota: totals of its entries, usage over time, and what used most of it.

Usage only grows within a period, so the greatest value near its end is the total. It is looked for
in the quota's series as it is now; those of a former selector are left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from string import Template

from quotas import names
from quotas.calendars import Calendar, Period, period_at
from quotas.http.exchange import UpstreamError
from quotas.model import Quota
from quotas.prometheus.endpoint import Endpoint
from quotas.prometheus.queries import Prometheus, Series, query_at, query_range
from quotas.promql import match_any, selector
from quotas.rules.usage import select_traffic
from quotas.units import format_duration

# Prometheus is asked for so many entries of a quota: those that used most.
MOST_ENTRIES = 1_000
MOST_POINTS = 200
# A mail waits no longer for an answer: Prometheus ends a query earlier.
QUERY_SECONDS = 3
# Periods are evaluated until all of their bytes are counted, which takes longer the more quarters
# of an hour are counted again: with a gap tolerance of four hours, until four and a half.
LINGERING = timedelta(hours=5)
# Near the end of a period, every entry has a value. Reading more would cost Prometheus too much.
_NEAR = timedelta(hours=1)
# Values of long rolling windows are up to 25 minutes apart, with the longest resolution.
_REACH = "55m"
_SHORTEST_STEP_SECONDS = 15
# More than anybody moves, and an integer that every database and CSV can hold.
_MOST_BYTES = 2**63

_TOTALS = Template("topk($most, max by ($labels) (max_over_time($series[$range])))")
# Of several replicas' series of the same traffic, the largest counts.
_TOP = Template("topk($most, sum by ($label) (max by ($own) (max_over_time($series[$range]))))")
_NEWEST = Template("max(last_over_time($series[$range]))")
_LARGEST = Template("topk(1, max by ($labels) (last_over_time($series[$range])))")


class UsageUnavailableError(Exception):
    """The usage is not known now: Prometheus gave no usable answer. The message says why."""


@dataclass(frozen=True)
class EntryTotal:
    """The bytes that one entry used in a period. ``labels`` are the values of ``for_each``."""

    labels: Mapping[str, str]
    used_bytes: int
    limit_bytes: int


@dataclass(frozen=True)
class LargestEntry:
    """The entry that has used most now, and what is expected at the end of its period, if known."""

    labels: Mapping[str, str]
    used_bytes: int
    forecast_bytes: int | None


@dataclass(frozen=True)
class UsageReader:
    """Reads usage from the Prometheus at an endpoint. Each question takes at most five seconds.

    All of them raise UsageUnavailableError if Prometheus gives no usable answer.
    """

    endpoint: Endpoint
    _prometheus: Prometheus = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_prometheus", Prometheus(self.endpoint, QUERY_SECONDS))

    def read_totals(self, quota: Quota, period: Period, at: datetime) -> tuple[EntryTotal, ...]:
        """Return what each entry has used of a period until ``at``, the largest first.

        They are at most MOST_ENTRIES: those that used most. Without ``for_each`` there is one. The
        limit is the one that the quota had then. A quota over a rolling window has no periods, and
        so no totals.

        Args:
            quota: the quota.
            period: one of its periods.
            at: until when, at most now.

        """
        if not isinstance(quota.calendar, Calendar):
            return ()
        until = min(at, period.end + LINGERING)
        series = names.USED + selector(match_entry(quota, {}, period))
        labels = ", ".join(quota.for_each)
        found: list[Series] = []
        # Prometheus may have been down at the period's end.
        for since in (min(until, period.end) - _NEAR, period.start):
            if not found:
                query = _TOTALS.substitute(
                    most=MOST_ENTRIES, labels=labels, series=series, range=span_of(since, until)
                )
                found = self.ask_at(query, until)
        if not found:
            return ()
        limit_bytes = self.read_limit(quota, period.start, min(at, period.end))
        totals = [EntryTotal(entry.labels, only_value(entry), limit_bytes) for entry in found]
        return tuple(sorted(totals, key=lambda total: (-total.used_bytes, *total.labels.values())))

    def read_largest(self, quota: Quota, at: datetime) -> LargestEntry | None:
        """Return the entry that has used most at a time (not after now); None without any usage."""
        calendar = quota.calendar
        period = period_at(calendar, at) if isinstance(calendar, Calendar) else None
        series = names.USED + selector(match_entry(quota, {}, period))
        labels = ", ".join(quota.for_each)
        query = _LARGEST.substitute(labels=labels, series=series, range=_REACH)
        found = self.ask_at(query, at)
        if not found:
            return None
        largest = found[0]
        series = names.FORECAST + selector(match_entry(quota, largest.labels, period))
        forecasts = self.ask_at(_NEWEST.substitute(series=series, range=_REACH), at)
        forecast_bytes = only_value(forecasts[0]) if forecasts else None
        return LargestEntry(largest.labels, only_value(largest), forecast_bytes)

    def read_points(
        self, quota: Quota, entry: Mapping[str, str], start: datetime, end: datetime
    ) -> tuple[tuple[datetime, int], ...]:
        """Return what an entry had used at each moment (UTC) from ``start`` to ``end``.

        They are at most MOST_POINTS at equal distances, the last at ``end``. Moments of which
        nothing is known are left out. The usage is that of the period that contains ``start``.

        Args:
            quota: the quota.
            entry: the labels of the entry. Only those that tell entries apart are read.
            start: when the first point may be.
            end: when the last point is, at most now.

        """
        calendar = quota.calendar
        period = period_at(calendar, start) if isinstance(calendar, Calendar) else None
        start_ms, end_ms = _to_ms(start), _to_ms(end)
        if start_ms >= end_ms:
            return ()
        step_ms = max(1000 * _SHORTEST_STEP_SECONDS, -(-(end_ms - start_ms) // (MOST_POINTS - 1)))
        times_ms = range(end_ms - (end_ms - start_ms) // step_ms * step_ms, end_ms + 1, step_ms)
        series = names.USED + selector(match_entry(quota, entry, period))
        query = _NEWEST.substitute(series=series, range=_REACH)
        found = self._ask_range(query, times_ms)
        return tuple(
            (datetime.fromtimestamp(time_ms / 1000, UTC), _to_bytes(value))
            for one in found[:1]
            for time_ms, value in sorted(one.values.items())
        )

    def read_top(
        self, quota: Quota, period: Period, label: str, at: datetime, most: int = 10
    ) -> tuple[tuple[str, int], ...]:
        """Return which values of a label used most of a quota's period, with their bytes.

        Traffic without the label is left out, such as that of no consumer. A quota over a rolling
        window has no periods, and so no such values.

        Args:
            quota: the quota.
            period: one of its periods.
            label: one of ``quotas.names.SELECTOR_LABELS``.
            at: until when, at most now.
            most: how many values there are at most.

        """
        if not isinstance(quota.calendar, Calendar):
            return ()
        until = min(at, period.end + LINGERING)
        # The totals of all traffic, of which the rules add up the quota's usage.
        of_period = (
            match_any(names.CALENDAR, [quota.calendar.name]),
            match_any(names.PERIOD, [str(period.id)]),
        )
        series = names.TOTAL + select_traffic(quota, *of_period)
        span = span_of(min(until, period.end) - _NEAR, until)
        query = _TOP.substitute(
            most=most + 1,
            label=label,
            own=", ".join(names.SELECTOR_LABELS),
            series=series,
            range=span,
        )
        found = [
            (series.labels[label], only_value(series))
            for series in self.ask_at(query, until)
            if series.labels.get(label)
        ]
        return tuple(sorted(found, key=lambda one: (-one[1], one[0]))[:most])

    def read_limit(self, quota: Quota, since: datetime, at: datetime) -> int:
        """Return the newest limit that a quota had between two times, or else has now."""
        series = names.LIMIT + selector([match_any(names.QUOTA, [quota.name])])
        query = _NEWEST.substitute(series=series, range=span_of(since, at))
        found = self.ask_at(query, at)
        return only_value(found[0]) if found else quota.limit_bytes

    def ask_at(self, query: str, at: datetime) -> list[Series]:
        """Return what an instant query finds. Values are finite, and checked by ``only_value``."""
        try:
            return query_at(self._prometheus, query, _to_ms(at))
        except (UpstreamError, UnicodeError) as error:
            raise UsageUnavailableError(f"Prometheus: {error}") from error

    def _ask_range(self, query: str, times_ms: range) -> list[Series]:
        try:
            return query_range(self._prometheus, query, times_ms)
        except (UpstreamError, UnicodeError) as error:
            raise UsageUnavailableError(f"Prometheus: {error}") from error


def match_entry(quota: Quota, entry: Mapping[str, str], period: Period | None) -> list[str]:
    """Return matchers of the usage of a quota as it is now: of an entry, and of a period."""
    labels = {names.QUOTA: quota.name, names.CALENDAR: quota.calendar.name, **quota.fixed_labels}
    labels |= {name: value for name, value in entry.items() if name in quota.for_each}
    if period is not None:
        labels[names.PERIOD] = str(period.id)
    return [match_any(name, [value]) for name, value in labels.items()]


def only_value(series: Series) -> int:
    """Return the bytes that a series of an instant query has."""
    [value] = series.values.values()
    return _to_bytes(value)


def _to_bytes(value: float) -> int:
    """Return whole bytes, rounded down, because usage is never more than what was counted."""
    if not 0 <= value < _MOST_BYTES:
        raise UsageUnavailableError("Prometheus: a value in its answer is no number of bytes")
    return int(value)


def span_of(since: datetime, until: datetime) -> str:
    """Return the time between two as a duration in PromQL, at least a second."""
    # Not the difference of local times, which is an hour off after clocks have changed.
    return format_duration(max(1, round(until.timestamp() - since.timestamp())))


def _to_ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)
