"""How much of each quota is used: the entries that the rules recorded, in their newest period."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from string import Template

from api.access import Scope, sees_quota
from api.byte_numbers import check_bytes
from api.clients.cache import CacheEntry
from api.clients.range_cache import Upstream, read_instant
from api.usage.model import Entry
from quotas import names
from quotas.accounting_options import Accounting
from quotas.calendars import (
    DAY_SECONDS,
    LONGEST_SECONDS,
    Calendar,
    Period,
    Rolling,
    parse_calendar,
    period_of,
)
from quotas.model import QuotaFile
from quotas.promql import either, match_any, quote, selector
from quotas.rules.intervals import reach_seconds
from quotas.units import format_duration

# How far back the newest value of a quota can be if bytes are counted each minute.
_USUAL_REACH_SECONDS = 660

# No rolling window of quotas.yaml is longer.
_LONGEST_WINDOW_SECONDS = 44 * DAY_SECONDS
_THRESHOLD = re.compile(r"[0-9]{1,4}(\.[0-9]{1,2})?", re.ASCII)

# What an entry takes in the cache: its labels and numbers.
_ENTRY_BYTES = 2_000

_FACT = "__fact__"
_USED, _LIMIT, _FORECAST, _FIRING = "used", "limit", "forecast", "firing"
# The present value of a quota's series; the last one only if there is no present one. A changed
# rule leaves series with its former labels behind, which must not be read as present.
_RECORDED = Template(f"$series or on ({names.QUOTA}) last_over_time($series[$reach])")
# A label tells the facts apart, so that one query reads all of them at one moment.
_FACT_QUERY = Template(f'label_replace($values, "{_FACT}", "$fact", "", "")')
_ALERTS = "ALERTS"
# Quotas of long windows are evaluated least often.
_SLOWEST = Rolling(LONGEST_SECONDS["month"])

Key = tuple[tuple[str, str], ...]
# Labels and values, by fact.
Facts = dict[str, list[tuple[dict[str, str], float]]]


def reach_of(accounting: Accounting) -> str:
    """Return how far back to look for a quota's newest value, as a PromQL duration."""
    seconds = max(_USUAL_REACH_SECONDS, reach_seconds([_SLOWEST], accounting))
    return format_duration(seconds)


def read_entries(
    upstream: Upstream,
    scope: Scope,
    now_ms: int,
    quota: str | None = None,
    quotas: QuotaFile = QuotaFile(),  # noqa: B008 - frozen
    *,
    fresh_seconds: float = 0,
) -> list[Entry]:
    """Return the entries within a scope, of all quotas or of one, sorted by name and labels.

    Args:
        upstream: Prometheus and the cache.
        scope: what the caller may see.
        now_ms: the current time.
        quota: the name of the only quota that is wanted.
        quotas: quotas.yaml, for how bytes are counted and which thresholds there are.
        fresh_seconds: for how long entries that were read are reused.

    Raises:
        UpstreamError: Prometheus gave no usable answer.

    """
    if scope.quotas is not None:
        allowed: Sequence[str] = scope.quotas
        if quota is not None:
            allowed = [quota] if quota in allowed else []
        if not allowed:
            return []
        matchers = [match_any(names.QUOTA, allowed)]
    else:
        matchers = [] if quota is None else [match_any(names.QUOTA, [quota])]
    query = facts_query(matchers, reach_of(quotas.accounting))

    def read() -> CacheEntry:
        found = _read_entries(upstream, query, quotas, now_ms)
        return CacheEntry(found, len(found) * _ENTRY_BYTES, fresh_seconds)

    entries: list[Entry] = upstream.cache.get_or_make(("entries", query), read)
    return [entry for entry in entries if sees_quota(scope, entry.quota, entry.labels)]


def _read_entries(upstream: Upstream, query: str, quotas: QuotaFile, now_ms: int) -> list[Entry]:
    facts: Facts = {}
    for series in read_instant(upstream, query, now_ms):
        # Some engines keep the metric's name when a function reads a range.
        labels = {name: text for name, text in series.labels.items() if name != "__name__"}
        [value] = map(check_bytes, series.values.values())
        facts.setdefault(labels.pop(_FACT, ""), []).append((labels, value))
    return _make_entries(facts, quotas)


def facts_query(matchers: Sequence[str], reach: str) -> str:
    """Return PromQL for used, limit and forecast of each quota, and for its firing alerts."""
    recorded = {_USED: names.USED, _LIMIT: names.LIMIT, _FORECAST: names.FORECAST}
    firing = [f"alertname={quote(names.USAGE_ALERT)}", 'alertstate="firing"', *matchers]
    values = {
        **{
            fact: _RECORDED.substitute(series=f"{metric}{selector(matchers)}", reach=reach)
            for fact, metric in recorded.items()
        },
        _FIRING: f"{_ALERTS}{selector(firing)}",
    }
    return either(
        *(_FACT_QUERY.substitute(values=value, fact=fact) for fact, value in values.items())
    )


def _make_entries(facts: Facts, quotas: QuotaFile) -> list[Entry]:
    added = _labels_of_the_engine(facts)
    used = _largest(facts, _USED, added)
    forecasts = _largest(facts, _FORECAST, added)
    limits = {
        dict(series).get(names.QUOTA, ""): value
        for series, value in _largest(facts, _LIMIT, added).items()
    }
    entries: dict[Key, Entry] = {}
    for series, used_bytes in used.items():
        labels = dict(series)
        limit_bytes = limits.get(labels.get(names.QUOTA, ""))
        entry = _make_entry(labels, used_bytes, limit_bytes, forecasts.get(series))
        key = _key(labels, without={names.PERIOD})
        # A period that has ended is evaluated for some more minutes; only the newest is shown.
        if key not in entries or _period_id(entries[key]) < _period_id(entry):
            entries[key] = entry
    firing = _highest_thresholds(facts.get(_FIRING, ()), entries)
    return [
        replace(entry, alert=firing.get((key, _period_id(entry))), written=quotas.find(entry.quota))
        for key, entry in sorted(entries.items())
    ]


def _labels_of_the_engine(facts: Facts) -> set[str]:
    """Return the names of labels that the engine or a replica adds to all that it records.

    The rule of a limit records no label but the quota's name.
    """
    return {name for labels, _ in facts.get(_LIMIT, ()) for name in labels} - {names.QUOTA}


def _largest(facts: Facts, fact: str, added: Collection[str]) -> dict[Key, float]:
    """Return the values of a fact by their own labels; of several replicas, the largest value."""
    largest: dict[Key, float] = {}
    for labels, value in facts.get(fact, ()):
        key = _key(labels, without=added)
        largest[key] = max(value, largest.get(key, value))
    return largest


def _make_entry(
    labels: Mapping[str, str],
    used_bytes: float,
    limit_bytes: float | None,
    forecast_bytes: float | None,
) -> Entry:
    calendar_name = labels.get(names.CALENDAR, "")
    calendar, period = find_period(calendar_name, labels.get(names.PERIOD, ""))
    hidden = (names.QUOTA, names.CALENDAR, names.PERIOD)
    return Entry(
        quota=labels.get(names.QUOTA, ""),
        labels={name: value for name, value in labels.items() if name not in hidden},
        calendar_name=calendar_name,
        calendar=calendar,
        period=period,
        used_bytes=used_bytes,
        limit_bytes=limit_bytes,
        forecast_bytes=None if forecast_bytes is None else float(round(forecast_bytes)),
    )


@lru_cache(maxsize=1_024)
def find_period(
    calendar_name: str, period_id: str
) -> tuple[Calendar | Rolling | None, Period | None]:
    """Return a calendar by its name, and the period with this id; None for what is unknown."""
    calendar = None
    try:
        calendar = parse_calendar(calendar_name)
        if isinstance(calendar, Calendar):
            return calendar, period_of(calendar, period_id)
        if calendar.seconds > _LONGEST_WINDOW_SECONDS:
            return None, None
    except (KeyError, ValueError):
        pass  # of another version of the rules, or a zone that this machine does not know
    return calendar, None


def _highest_thresholds(
    alerts: Iterable[tuple[dict[str, str], float]], entries: Iterable[Key]
) -> dict[tuple[Key, int], str]:
    """Return the highest firing threshold, by the labels of the entry and its period.

    Alerts have more labels than entries: their own, those of quotas.yaml for all alerts, and those
    that the engine adds.
    """
    own: dict[str, set[str]] = {}
    for entry in entries:
        labels = dict(entry)
        own.setdefault(labels.get(names.QUOTA, ""), set()).update(labels)
    highest: dict[tuple[Key, int], str] = {}
    for labels, _ in alerts:
        threshold = labels.get(names.THRESHOLD, "")
        others = labels.keys() - own.get(labels.get(names.QUOTA, ""), set())
        key = (_key(labels, without=others), _number(labels.get(names.PERIOD, "")))
        if _percent(threshold) > _percent(highest.get(key, "")):
            highest[key] = threshold
    return highest


def _percent(threshold: str) -> float:
    return float(threshold) if _THRESHOLD.fullmatch(threshold) else -1.0


def _period_id(entry: Entry) -> int:
    return entry.period.id if entry.period is not None else 0


def _number(text: str) -> int:
    return int(text) if re.fullmatch("[0-9]{1,12}", text) else 0


def _key(labels: Mapping[str, str], without: Iterable[str] = ()) -> Key:
    return tuple(sorted((name, value) for name, value in labels.items() if name not in without))
