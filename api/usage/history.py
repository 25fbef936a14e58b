"""Usage over time: what was used so far during a period, and the totals of past periods."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from math import isfinite, isnan
from string import Template

from api.byte_numbers import check_bytes
from api.clients.range_cache import Upstream, read_instant, read_range
from api.usage.model import BurnUp, Entry, Total
from api.windows import choose_auto_step, to_ms
from quotas import names
from quotas.calendars import Calendar, Period, Rolling, period_of
from quotas.promql import either, match_any, selector
from quotas.units import format_duration

_SHORTEST_STEP_SECONDS = 60

_FACT = "__fact__"
# Usage only grows within a period, so the greatest value is the total. The last ratio is that of
# the limit at the period's end.
_HISTORY = Template(
    either(
        f"label_replace(max by ({names.PERIOD}) (max_over_time({names.USED}$matchers[$back])), "
        f'"{_FACT}", "used", "", "")',
        f"label_replace(max by ({names.PERIOD}) (last_over_time({names.RATIO}$matchers[$back])), "
        f'"{_FACT}", "ratio", "", "")',
    )
)


def read_burn_up(upstream: Upstream, entry: Entry, now: datetime, reach: str) -> BurnUp:
    """Return what the entry had used at each moment since its period (or rolling window) began.

    ``reach`` is how far back to look for the newest value at each moment, as a PromQL duration.

    Raises:
        UpstreamError: Prometheus gave no usable answer.

    """
    start, end = now, now
    if entry.period is not None:
        start, end = entry.period.start, max(entry.period.end, now)
    elif isinstance(entry.calendar, Rolling):
        start = now - timedelta(seconds=entry.calendar.seconds)
    now_ms, start_ms = to_ms(now), to_ms(start)
    step = choose_auto_step((end - start).total_seconds(), _SHORTEST_STEP_SECONDS // 4)
    step_ms = 1000 * step.seconds
    first = -(-start_ms // step_ms) * step_ms
    points: list[tuple[int, float | None]] = []
    query = (
        f"max(last_over_time({names.USED}{selector(_matchers(entry, of_period=True))}[{reach}]))"
    )
    if first <= now_ms:
        times = range(first, now_ms + 1, step_ms)
        points = [(time_ms, None) for time_ms in times]
        for column in read_range(upstream, query, times, now_ms).values():
            points = [
                (time_ms, None if isnan(value) else check_bytes(value))
                for time_ms, value in zip(times, column, strict=True)
            ]
    if points and points[-1] == (now_ms, None):
        points.pop()
    if not points or points[-1][0] < now_ms:
        points.append((now_ms, entry.used_bytes))
    limits = _read_limits(upstream, entry, range(first, now_ms, step_ms), now_ms, reach)
    return BurnUp(start, end, step.seconds, points, limits)


def _read_limits(
    upstream: Upstream, entry: Entry, times_ms: range, now_ms: int, reach: str
) -> list[tuple[int, float]]:
    """Return the limit when it was first known, and whenever it was another one, until now."""
    limits: list[tuple[int, float]] = []
    of_quota = selector([match_any(names.QUOTA, [entry.quota])])
    query = f"max(last_over_time({names.LIMIT}{of_quota}[{reach}]))"
    if times_ms:
        for column in read_range(upstream, query, times_ms, now_ms).values():
            limits = [
                (time_ms, check_bytes(value))
                for time_ms, value in zip(times_ms, column, strict=True)
                if not isnan(value)
            ]
    if entry.limit_bytes is not None:
        limits.append((now_ms, entry.limit_bytes))
    return [one for index, one in enumerate(limits) if not index or limits[index - 1][1] != one[1]]


def read_history(
    upstream: Upstream, entry: Entry, lookback_seconds: int, now: datetime
) -> list[Total]:
    """Return the totals of this period and of those that ended within the lookback, newest first.

    Raises:
        UpstreamError: Prometheus gave no usable answer.

    """
    if not isinstance(entry.calendar, Calendar):
        return []
    query = _HISTORY.substitute(
        matchers=selector(_matchers(entry, of_period=False)), back=format_duration(lookback_seconds)
    )
    used: dict[Period, float] = {}
    ratios: dict[Period, float] = {}
    for series in read_instant(upstream, query, to_ms(now)):
        period = _period(entry.calendar, series.labels)
        if period is not None and period != entry.period:
            [value] = series.values.values()
            if series.labels.get(_FACT) == "ratio":
                ratios[period] = value
            else:
                used[period] = check_bytes(value)
    totals = [
        Total(period, used_bytes, _limit_of(used_bytes, ratios.get(period)), period.end <= now)
        for period, used_bytes in used.items()
    ]
    # Of the current period, the entry's own values are taken: those of the quota as it is now.
    if entry.period is not None and entry.used_bytes is not None:
        is_over = entry.period.end <= now
        totals.append(Total(entry.period, entry.used_bytes, entry.limit_bytes, is_over))
    return sorted(totals, key=lambda total: total.period.start, reverse=True)


def _limit_of(used_bytes: float, ratio: float | None) -> float | None:
    """Return the limit of a period from its last ratio; None if nothing was used of it."""
    if not ratio or not isfinite(ratio):
        return None
    return float(round(used_bytes / ratio))


def _period(calendar: Calendar, labels: Mapping[str, str]) -> Period | None:
    try:
        return period_of(calendar, labels.get(names.PERIOD, ""))
    except ValueError:
        return None


def _matchers(entry: Entry, *, of_period: bool) -> list[str]:
    labels = {names.QUOTA: entry.quota, names.CALENDAR: entry.calendar_name}
    # Only the labels that tell entries apart: a quota's own labels may have changed.
    labels |= {name: value for name, value in entry.labels.items() if name in names.SELECTOR_LABELS}
    if of_period and entry.period is not None:
        labels[names.PERIOD] = str(entry.period.id)
    return [match_any(name, [value]) for name, value in labels.items()]
