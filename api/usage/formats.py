"""The formats of usage: entries, usage over time, history and notifications as JSON objects."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from api.byte_numbers import as_whole
from api.labels import PUBLIC
from api.usage.lists import Summaries, Wanted, differing_labels
from api.usage.model import BurnUp, Entry, Notification, Total
from api.windows import to_ms
from quotas import names
from quotas.calendars import Period
from quotas.model import Quota

# How many entries a summary shows; the others are on the pages of the quota.
MOST_IN_SUMMARY = 5


def as_page(entries: Sequence[Entry], wanted: Wanted, now: datetime) -> dict[str, Any]:
    """Return the wanted page of entries."""
    shown = [as_entry(entry, now) for entry in entries[wanted.span]]
    return {"quotas": shown, **_paging(wanted, len(entries))}


def as_summaries(summaries: Summaries, wanted: Wanted, now: datetime) -> dict[str, Any]:
    """Return the wanted page of summaries of quotas, with the first entries of each."""
    shown = [
        {
            "name": one.quota,
            "for_each": differing_labels(one.everything),
            "size": len(one.everything),
            "found": len(one.found),
            "states": Counter(entry.state for entry in one.found),
            "entries": [as_entry(entry, now) for entry in one.found[:MOST_IN_SUMMARY]],
        }
        for one in summaries.quotas[wanted.span]
    ]
    return {
        "quotas": shown,
        "states": summaries.states,
        **_paging(wanted, len(summaries.quotas)),
    }


def _paging(wanted: Wanted, total: int) -> dict[str, int]:
    return {"page": wanted.page, "page_size": wanted.page_size, "total": total}


def as_entry(entry: Entry, now: datetime) -> dict[str, Any]:
    """Return an entry with what it selects, its period and its numbers."""
    full_at = entry.full_at(now)
    selected = {
        PUBLIC[label]: entry.labels[label]
        for label in names.SELECTOR_LABELS
        if label in entry.labels
    }
    own = {name: value for name, value in entry.labels.items() if name not in PUBLIC}
    return {
        "name": entry.quota,
        "selector": selected,
        "labels": own,
        "calendar": entry.calendar_name,
        "period": _as_period(entry.period),
        "used_bytes": _as_whole(entry.used_bytes),
        "limit_bytes": _as_whole(entry.limit_bytes),
        "left_bytes": _as_whole(entry.left_bytes),
        "ratio": entry.ratio,
        "state": entry.state,
        "alert": entry.alert,
        **_as_written(entry.written),
        "forecast_bytes": _as_whole(entry.forecast_bytes),
        "full_at": None if full_at is None else full_at.isoformat(timespec="seconds"),
    }


def _as_written(quota: Quota | None) -> dict[str, Any]:
    """Return what only quotas.yaml says about a quota; null if it is not known."""
    if quota is None:
        return {"thresholds": None, "limit_unit": None, "line": None}
    return {
        "thresholds": [threshold.percent for threshold in quota.thresholds],
        "limit_unit": quota.limit_unit or None,
        "line": quota.line or None,
    }


def as_burn_up(
    entry: Entry, burn_up: BurnUp, links: Mapping[str, str], now: datetime
) -> dict[str, Any]:
    """Return usage over a period, the limit, and a line from now to the forecast."""
    forecast: list[tuple[int, float]] = []
    used_bytes, forecast_bytes = entry.used_bytes, entry.forecast_bytes
    if used_bytes is not None and forecast_bytes is not None and burn_up.end > now:
        forecast = [
            (to_ms(now), as_whole(used_bytes)),
            (to_ms(burn_up.end), as_whole(forecast_bytes)),
        ]
    return {
        "meta": {
            "start": burn_up.start.isoformat(),
            "end": burn_up.end.isoformat(),
            "step_seconds": burn_up.step_seconds,
            "unit": "bytes",
        },
        "quota": as_entry(entry, now),
        "used": [(time_ms, _as_whole(value)) for time_ms, value in burn_up.points],
        "limit_bytes": _as_whole(entry.limit_bytes),
        "limits": [(time_ms, as_whole(value)) for time_ms, value in burn_up.limits],
        "forecast": forecast,
        "links": links,
    }


def as_history(entry: Entry, totals: Iterable[Total], now: datetime) -> dict[str, Any]:
    """Return the totals of periods, with the limit of that time."""
    periods = [
        {
            "period": _as_period(total.period),
            "used_bytes": as_whole(total.used_bytes),
            "limit_bytes": _as_whole(total.limit_bytes),
            "ratio": total.used_bytes / total.limit_bytes if total.limit_bytes else None,
            "is_over": total.is_over,
        }
        for total in totals
    ]
    return {"quota": as_entry(entry, now), "periods": periods}


def as_notifications(
    entry: Entry, notifications: Sequence[Notification] | None, now: datetime
) -> dict[str, Any]:
    """Return notifications; null if there is no webhook to ask."""
    found = None if notifications is None else [_as_notification(one) for one in notifications]
    return {"quota": as_entry(entry, now), "notifications": found}


def _as_notification(one: Notification) -> dict[str, Any]:
    return {
        "queued_at": one.queued_at.isoformat(),
        "settled_at": None if one.settled_at is None else one.settled_at.isoformat(),
        "kind": one.kind,
        "threshold": _as_whole(one.percent),
        "period": _as_period(one.period),
        "recipient": one.recipient,
        "state": one.state,
        "attempts": one.attempts,
    }


def _as_period(period: Period | None) -> dict[str, Any] | None:
    if period is None:
        return None
    return {
        "id": period.id,
        "title": period.title,
        "start": period.start.isoformat(),
        "end": period.end.isoformat(),
    }


def _as_whole(value: float | None) -> float | None:
    return None if value is None else as_whole(value)
