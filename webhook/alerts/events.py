"""What an alert means: the usage or forecast of a quota, or any other event."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from quotas import calendars, names
from quotas.model import Quota, QuotaFile, severity_at
from webhook.alerts.payload import FIRING, Alert

LARGEST_BYTES = 10**18
_PERCENTAGE = re.compile(r"[0-9]{1,4}(\.[0-9]{1,2})?", re.ASCII)


@dataclass(frozen=True)
class QuotaEvent:
    """A quota that has reached a threshold, or is expected to reach 100 %; or no longer.

    Attributes:
        alert: the alert. If it is resolved, ``used_bytes`` and ``forecast_bytes`` are its last
            values.
        quota_name: the name of the quota.
        threshold_percent: the highest threshold reached; 100 for a forecast.
        severity: info, warning or critical.
        used_bytes: bytes used so far in the period, when the alert was evaluated.
        limit_bytes: the limit when the alert was evaluated.
        is_forecast: whether 100 % is expected rather than a threshold reached.
        forecast_bytes: bytes expected at the end of the period, if known.
        calendar: the name of the calendar by which the quota is counted.
        period: the period, or None for a rolling window and if its id is unknown.
        selector: what the quota counts. Labels by which it does not select are left out.
        own_labels: the quota's own labels in quotas.yaml, such as ``team``.
        current_limit_bytes: the limit in quotas.yaml now. None if it has no such quota, or counts
            the quota by another calendar.
        for_each_values: values of the labels in ``for_each``. Empty text if a label is missing.
        later_thresholds: the thresholds above this one, in percent.
        unit: the unit in which quotas.yaml gives the limit, such as ``GiB``. Empty if unknown.

    """

    alert: Alert
    quota_name: str
    threshold_percent: float
    severity: str
    used_bytes: int
    limit_bytes: int
    is_forecast: bool
    forecast_bytes: int | None
    calendar: str
    period: calendars.Period | None
    selector: Mapping[str, str]
    own_labels: Mapping[str, str]
    current_limit_bytes: int | None = None
    for_each_values: Mapping[str, str] = field(default_factory=dict)
    later_thresholds: tuple[float, ...] = ()
    unit: str = ""

    @property
    def ratio(self) -> float:
        """The bytes used, or expected if this is a forecast, divided by the limit."""
        size_bytes = self.forecast_bytes if self.is_forecast else self.used_bytes
        return (size_bytes or 0) / self.limit_bytes

    @property
    def is_resolved(self) -> bool:
        """Whether the quota is below the threshold again."""
        return self.alert.status != FIRING

    @property
    def is_rolling(self) -> bool:
        """Whether the quota is counted over a rolling window."""
        return self.calendar.startswith("rolling:")


@dataclass(frozen=True)
class OtherEvent:
    """Any other alert, firing or resolved. People are notified of its own text and labels."""

    alert: Alert


Event = QuotaEvent | OtherEvent


def read_event(alert: Alert, quotas: QuotaFile) -> Event:
    """Return the event that an alert means.

    An alert about a quota whose numbers cannot be read is an OtherEvent.
    """
    limit_bytes = read_bytes(alert.annotations.get(names.LIMIT_BYTES))
    ratio = _read_ratio(alert, limit_bytes)
    used_bytes = _read_used_bytes(alert, limit_bytes, ratio)
    forecast_bytes = read_bytes(alert.annotations.get(names.FORECAST_BYTES))
    threshold = alert.labels.get(names.THRESHOLD, "")
    is_forecast = alert.name == names.FORECAST_ALERT and forecast_bytes is not None
    is_usage = alert.name == names.USAGE_ALERT and _is_percentage(threshold)
    if used_bytes is None or not limit_bytes or not (is_forecast or is_usage):
        return OtherEvent(alert)
    name = alert.labels.get(names.QUOTA, "")
    quota = quotas.find(name)
    calendar = _calendar_of(alert, quota)
    percent = float(threshold) if is_usage else 100
    severity = _severity_of(quota, percent) if is_usage else "warning"
    share = used_bytes / limit_bytes if ratio is None else ratio
    if is_usage and quota and alert.status == FIRING:
        # The alert for 80 % may arrive alone or first although the usage has reached 100 %.
        for reached in quota.thresholds:
            if percent < reached.percent and is_reached(reached.percent, share):
                percent, severity = reached.percent, reached.severity
    thresholds = quota.thresholds if quota and is_usage else ()
    has_same_calendar = quota is not None and quota.calendar.name == calendar.name
    return QuotaEvent(
        alert=alert,
        quota_name=name,
        threshold_percent=percent,
        severity=severity,
        used_bytes=used_bytes,
        limit_bytes=limit_bytes,
        is_forecast=is_forecast,
        forecast_bytes=forecast_bytes,
        calendar=calendar.name,
        period=_period_of(alert, calendar),
        selector=_selector_of(alert, quota),
        # Rulers and replicas add labels to alerts, as quotas.yaml does for all of them.
        own_labels={
            label: alert.labels[label]
            for label in (quota.labels if quota else ())
            if label in alert.labels
        },
        current_limit_bytes=quota.limit_bytes if quota and has_same_calendar else None,
        for_each_values=(
            {label: alert.labels.get(label, "") for label in quota.for_each} if quota else {}
        ),
        later_thresholds=tuple(t.percent for t in thresholds if t.percent > percent),
        unit=quota.limit_unit if quota else "",
    )


def read_bytes(text: str | None) -> int | None:
    """Return the bytes in an annotation, or None if it holds no number of bytes.

    Prometheus may write a number as ``4.502e+11``.
    """
    number = _read_number(text)
    return int(number) if number is not None and number <= LARGEST_BYTES else None


def _read_number(text: str | None) -> float | None:
    """Return a finite number that is not negative, or None."""
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


def is_reached(percent: float, ratio: float) -> bool:
    """Return whether a ratio reaches a threshold, by the same comparison as in the rules."""
    return ratio >= round(percent / 100, 4)


def _read_ratio(alert: Alert, limit_bytes: int | None) -> float | None:
    """Return the ratio that raised a usage alert, or None if it cannot be read.

    It decides about threshold and bytes. Some rulers evaluate the annotation with the bytes later
    than the alert, and it may then have passed another threshold.
    """
    if alert.name != names.USAGE_ALERT or not limit_bytes:
        return None
    ratio = _read_number(alert.annotations.get(names.RATIO_NUMBER))
    return ratio if ratio is not None and ratio * limit_bytes <= LARGEST_BYTES else None


def _read_used_bytes(alert: Alert, limit_bytes: int | None, ratio: float | None) -> int | None:
    """Return the bytes used when the alert was evaluated."""
    if limit_bytes and ratio is not None:
        return round(ratio * limit_bytes)
    return read_bytes(alert.annotations.get(names.USED_BYTES))


def by_severity(event: Event) -> tuple[bool, int, float, float]:
    """Return a sort key: the most severe event has the largest.

    Firing events are above resolved ones. Among them, usage is above forecasts, forecasts are above
    other events, and a larger ratio is above a smaller one.
    """
    is_firing = event.alert.status == FIRING
    if isinstance(event, OtherEvent):
        return (is_firing, 0, 0.0, 0.0)
    return (is_firing, 1 if event.is_forecast else 2, event.ratio, event.threshold_percent)


def by_threshold(event: Event) -> tuple[float, float, float]:
    """Return a sort key: of several events about the same thing, mail the one with the largest.

    That is the event with the highest threshold. If several have the same, it is the one with the
    largest ratio, because several Prometheus servers may report the same threshold at different
    times. Over a rolling window the latest start counts before the ratio: only that one can be new
    after the quota was below the threshold.
    """
    starts_at = event.alert.starts_at
    start = starts_at.timestamp() if starts_at else 0.0
    if isinstance(event, OtherEvent):
        return (0.0, start, 0.0)
    if event.is_rolling:
        return (event.threshold_percent, start, event.ratio)
    return (event.threshold_percent, event.ratio, start)


def _is_percentage(text: str) -> bool:
    return _PERCENTAGE.fullmatch(text) is not None and float(text) > 0


def _severity_of(quota: Quota | None, percent: float) -> str:
    """Return the severity of a threshold. That of the alert is for Alertmanager."""
    known = {one.percent: one.severity for one in quota.thresholds} if quota else {}
    return known.get(percent) or severity_at(percent)


def _calendar_of(alert: Alert, quota: Quota | None) -> calendars.Calendar | calendars.Rolling:
    """Return the calendar that the alert names. The quota's own may have changed since."""
    try:
        return calendars.parse_calendar(alert.labels.get(names.CALENDAR, ""))
    except ValueError:
        return quota.calendar if quota else calendars.MONTH


def _period_of(
    alert: Alert, calendar: calendars.Calendar | calendars.Rolling
) -> calendars.Period | None:
    if isinstance(calendar, calendars.Rolling):
        return None
    try:
        return calendars.period_of(calendar, alert.labels.get(names.PERIOD, ""))
    except ValueError:
        return None


def _selector_of(alert: Alert, quota: Quota | None) -> dict[str, str]:
    fixed = {**quota.fixed_labels, names.DIRECTION: quota.direction} if quota else {}
    merged = {
        label: alert.labels.get(label) or fixed.get(label, "") for label in names.SELECTOR_LABELS
    }
    return {label: value for label, value in merged.items() if value}
