"""The formats of usage: entries, usage over time, history and notifications as JSON objects."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from api.byte_numbers import as_whole
from api.labels import PUBLIC
from api.usage.model import BurnUp, Entry, Notification, Total
from api.windows import to_ms
from quotas import names
from quotas.calendars import Period
from quotas.model import Quota

_LOWEST = float("-inf")
SORT_KEYS: Mapping[str, Callable[[Entry], Any]] = {
    "ratio": lambda entry: _LOWEST if entry.ratio is None else entry.ratio,
    "used": lambda entry: _LOWEST if entry.used_bytes is None else entry.used_bytes,
    "left": lambda entry: _LOWEST if entry.left_bytes is None else entry.left_bytes,
    "forecast": lambda entry: _LOWEST if entry.forecast_bytes is None else entry.forecast_bytes,
    "name": lambda entry: entry.quota,
}


def as_page(
    entries: Iterable[Entry], now: datetime, *, sort: str, page: int, page_size: int
) -> dict[str, Any]:
    """Return one page of entries, sorted by one of SORT_KEYS; with ``-``, the largest first."""
    ordered = sorted(entries, key=SORT_KEYS[sort.removeprefix("-")], reverse=sort.startswith("-"))
    first = (page - 1) * page_size
    return {
        "quotas": [as_entry(entry, now) for entry in ordered[first : first + page_size]],
        "page": page,
        "page_size": page_size,
        "total": len(ordered),
    }


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
