"""What an alert tells people: its numbers, its period, and who is to be told."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from quotas import calendars, names
from quotas.model import Quota, QuotaFile
from webhook.figures import parse_bytes
from webhook.payload import FIRING, Alert

_PERCENTAGE = re.compile(r"[0-9]{1,4}(\.[0-9]{1,2})?", re.ASCII)


@dataclass(frozen=True)
class QuotaNotice:
    """A quota that has passed a threshold or, with ``forecast_bytes``, is expected to pass 100 %.

    ``selector`` is what it counts, without what it leaves open; ``later_thresholds`` are those
    that come after this one.
    """

    alert: Alert
    quota_name: str
    threshold_percent: float
    severity: str
    used_bytes: int
    limit_bytes: int
    forecast_bytes: int | None
    period: calendars.Period | None
    selector: Mapping[str, str]
    own_labels: Mapping[str, str]
    later_thresholds: tuple[float, ...] = ()


@dataclass(frozen=True)
class PlainNotice:
    """Any other alert, firing or resolved, told as it comes."""

    alert: Alert


Notice = QuotaNotice | PlainNotice


def read_notices(alerts: Iterable[Alert], quotas: QuotaFile) -> tuple[Notice, ...]:
    """Return what is to be told of these alerts, the gravest first.

    The watchdog is not told, nor that a quota's alert is resolved: that is its period's turn.
    An alert that comes twice is told once, and of several thresholds of one quota the highest.
    """
    notices = [
        read_notice(alert, quotas)
        for alert in alerts
        if alert.name != names.WATCHDOG_ALERT
        and (alert.status == FIRING or alert.name not in (names.USAGE_ALERT, names.FORECAST_ALERT))
    ]
    told: dict[object, Notice] = {}
    for notice in sorted(notices, key=_gravity, reverse=True):
        told.setdefault(_subject_of(notice), notice)
    return tuple(told.values())


def read_notice(alert: Alert, quotas: QuotaFile) -> Notice:
    """Return what an alert tells. One about a quota whose numbers cannot be read is plain."""
    used_bytes = parse_bytes(alert.annotations.get(names.USED_BYTES))
    limit_bytes = parse_bytes(alert.annotations.get(names.LIMIT_BYTES))
    forecast_bytes = parse_bytes(alert.annotations.get(names.FORECAST_BYTES))
    threshold = alert.labels.get(names.THRESHOLD, "")
    is_forecast = alert.name == names.FORECAST_ALERT and forecast_bytes is not None
    is_usage = alert.name == names.USAGE_ALERT and _is_percentage(threshold)
    if used_bytes is None or not limit_bytes or not (is_forecast or is_usage):
        return PlainNotice(alert)
    name = alert.labels.get(names.QUOTA, "")
    quota = quotas.find(name)
    percent = float(threshold) if is_usage else 100
    later = quota.thresholds if quota and is_usage else ()
    return QuotaNotice(
        alert=alert,
        quota_name=name,
        threshold_percent=percent,
        severity=_severity_of(alert),
        used_bytes=used_bytes,
        limit_bytes=limit_bytes,
        forecast_bytes=forecast_bytes if is_forecast else None,
        period=_period_of(alert, quota),
        selector=_selector_of(alert, quota),
        own_labels={
            label: value
            for label, value in alert.labels.items()
            if label not in names.RESERVED_LABELS
        },
        later_thresholds=tuple(t.percent for t in later if t.percent > percent),
    )


def recipients_of(notice: Notice, quotas: QuotaFile) -> tuple[str, ...]:
    """Return who is told: from quotas.yaml alone, never from what came over the wire."""
    about_quota = notice.alert.name in (names.USAGE_ALERT, names.FORECAST_ALERT)
    quota = quotas.find(notice.alert.labels.get(names.QUOTA, "")) if about_quota else None
    return tuple(dict.fromkeys(quota.notify if quota else quotas.notify))


def _is_percentage(text: str) -> bool:
    return _PERCENTAGE.fullmatch(text) is not None and float(text) > 0


def _severity_of(alert: Alert) -> str:
    severity = alert.labels.get(names.SEVERITY, "")
    return severity if severity in names.SEVERITIES else "warning"


def _period_of(alert: Alert, quota: Quota | None) -> calendars.Period | None:
    """Return the alert's period, or None where it has none.

    The alert says which calendar it is a period of: the quota's may have changed since.
    """
    period_id = alert.labels.get(names.PERIOD, "")
    try:
        calendar = calendars.parse_calendar(alert.labels.get(names.CALENDAR, ""))
    except ValueError:
        calendar = quota.calendar if quota else calendars.MONTH
    if isinstance(calendar, calendars.Rolling):
        return None
    try:
        return calendars.period_of(calendar, period_id)
    except ValueError:
        return None


def _selector_of(alert: Alert, quota: Quota | None) -> dict[str, str]:
    written = {**quota.fixed_labels, names.DIRECTION: quota.direction} if quota else {}
    merged = {
        label: alert.labels.get(label) or written.get(label, "") for label in names.SELECTOR_LABELS
    }
    return {label: value for label, value in merged.items() if value}


def _gravity(notice: Notice) -> tuple[int, float, float]:
    """Return what sorts notices: usage, then forecasts, then the rest; firing before resolved."""
    if isinstance(notice, PlainNotice):
        return (0, notice.alert.status == FIRING, 0.0)
    if notice.forecast_bytes is not None:
        return (1, notice.forecast_bytes / notice.limit_bytes, 0.0)
    return (2, notice.threshold_percent, notice.used_bytes / notice.limit_bytes)


def _subject_of(notice: Notice) -> object:
    """Return what a notice is about: of two about the same, one is told."""
    labels = notice.alert.labels
    ignored = {names.THRESHOLD, names.SEVERITY} if isinstance(notice, QuotaNotice) else set()
    return (
        notice.alert.status,
        frozenset(item for item in labels.items() if item[0] not in ignored),
    )
