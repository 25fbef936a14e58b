"""What an alert tells people: its numbers, its period, and who is to be told."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from quotas import calendars, names
from quotas.model import Quota, QuotaFile
from webhook.alerts.payload import FIRING, Alert
from webhook.mail.formatting import parse_bytes

_PERCENTAGE = re.compile(r"[0-9]{1,4}(\.[0-9]{1,2})?", re.ASCII)


@dataclass(frozen=True)
class QuotaNotice:
    """A quota that has passed a threshold or, where ``is_forecast``, is expected to pass 100 %.

    ``forecast_bytes`` are expected at the end of the period, where that is known. ``calendar`` is
    the name of the one it is counted by; ``selector`` is what it counts, without what it leaves
    open; ``limit_now_bytes`` is the limit that quotas.yaml has now, None where it knows no such
    quota or counts it by another calendar; ``each`` are the values of the labels for each of which
    the limit holds by itself, empty where there is no such label; ``later_thresholds`` are those
    that come after this one. Where the alert is resolved, ``used_bytes`` and ``forecast_bytes`` are
    those of its last time.
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
    limit_now_bytes: int | None = None
    each: Mapping[str, str] = field(default_factory=dict)
    later_thresholds: tuple[float, ...] = ()

    @property
    def ratio(self) -> float:
        """Return what is told, used or expected, as a share of the limit."""
        told = self.forecast_bytes if self.is_forecast else self.used_bytes
        return (told or 0) / self.limit_bytes

    @property
    def is_over(self) -> bool:
        """Return whether the quota is below the threshold again."""
        return self.alert.status != FIRING


@dataclass(frozen=True)
class PlainNotice:
    """Any other alert, firing or resolved, told as it comes."""

    alert: Alert


Notice = QuotaNotice | PlainNotice


def read_notices(alerts: Iterable[Alert], quotas: QuotaFile, now: datetime) -> tuple[Notice, ...]:
    """Return what is to be told of these alerts, the gravest first.

    The watchdog is not told; nor is what is resolved, unless quotas.yaml wants it and it is more
    than the turn of a period. An alert that comes twice is told once, and of several thresholds
    of one quota the highest.
    """
    notices = (read_notice(alert, quotas) for alert in alerts if alert.name != names.WATCHDOG_ALERT)
    told: dict[object, Notice] = {}
    for notice in sorted(notices, key=_gravity, reverse=True):
        if notice.alert.status == FIRING or _is_wanted(notice, quotas, now):
            subject = _subject_of(notice)
            told[subject] = max(told.get(subject, notice), notice, key=height)
    return tuple(told.values())


def height(notice: Notice) -> tuple[float, float]:
    """Return what makes one of several notices about the same the one that is told.

    That is the higher threshold, and of two alerts about one the later: that one has begun anew.
    """
    percent = notice.threshold_percent if isinstance(notice, QuotaNotice) else 0.0
    began = notice.alert.starts_at
    return (percent, began.timestamp() if began else 0.0)


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
    severity = _severity_of(alert)
    calendar = _calendar_of(alert, quota)
    percent = float(threshold) if is_usage else 100
    if is_usage and quota and alert.status == FIRING:
        # What has passed 100 % is told as that, also where the alert of 80 % comes alone or first.
        for passed in quota.thresholds:
            if percent < passed.percent <= used_bytes * 100 / limit_bytes:
                percent, severity = passed.percent, passed.severity
    later = quota.thresholds if quota and is_usage else ()
    is_same = quota is not None and quota.calendar.name == calendar.name
    return QuotaNotice(
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
        own_labels={
            label: value
            for label, value in alert.labels.items()
            if label not in names.RESERVED_LABELS
        },
        limit_now_bytes=quota.limit_bytes if quota and is_same else None,
        each={label: alert.labels.get(label, "") for label in quota.for_each} if quota else {},
        later_thresholds=tuple(t.percent for t in later if t.percent > percent),
    )


def recipients_of(notice: Notice, quotas: QuotaFile) -> tuple[str, ...]:
    """Return who is told: from quotas.yaml alone, never from what came over the wire."""
    quota = _quota_of(notice, quotas)
    return tuple(dict.fromkeys(quota.notify if quota else quotas.notify))


def _quota_of(notice: Notice, quotas: QuotaFile) -> Quota | None:
    if notice.alert.name not in (names.USAGE_ALERT, names.FORECAST_ALERT):
        return None
    return quotas.find(notice.alert.labels.get(names.QUOTA, ""))


def _is_wanted(notice: Notice, quotas: QuotaFile, now: datetime) -> bool:
    """Return whether people want to know that this is over.

    A quota's alert ends at its period's turn at the latest; that is no news.
    """
    about_quota = notice.alert.name in (names.USAGE_ALERT, names.FORECAST_ALERT)
    quota = _quota_of(notice, quotas)
    if not (quota.notify_resolved if about_quota and quota else quotas.notify_resolved):
        return False
    if about_quota and quota is None:
        return False
    if not isinstance(notice, QuotaNotice) or notice.period is None:
        return True
    ended_before = min(notice.alert.ends_at or now, now) < notice.period.end
    return ended_before and _is_below_now(notice)


def _is_below_now(notice: QuotaNotice) -> bool:
    """Return whether what was used, or expected, is below the threshold of the limit of now.

    What is used only grows within a period: without another limit an alert has not ended because
    it is over, but because nobody evaluates it (Alertmanager ends it some minutes after that). A
    forecast also ends when it has come true.
    """
    amount = (notice.forecast_bytes if notice.is_forecast else None) or notice.used_bytes
    return amount * 100 < notice.threshold_percent * (notice.limit_now_bytes or 0)


def _is_percentage(text: str) -> bool:
    return _PERCENTAGE.fullmatch(text) is not None and float(text) > 0


def _severity_of(alert: Alert) -> str:
    severity = alert.labels.get(names.SEVERITY, "")
    return severity if severity in names.SEVERITIES else "warning"


def _calendar_of(alert: Alert, quota: Quota | None) -> calendars.Calendar | calendars.Rolling:
    """Return the calendar that an alert names: the quota's may have changed since."""
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
    written = {**quota.fixed_labels, names.DIRECTION: quota.direction} if quota else {}
    merged = {
        label: alert.labels.get(label) or written.get(label, "") for label in names.SELECTOR_LABELS
    }
    return {label: value for label, value in merged.items() if value}


def _gravity(notice: Notice) -> tuple[bool, int, float, float]:
    """Return what sorts notices: firing before resolved; usage, then forecasts, then the rest."""
    firing = notice.alert.status == FIRING
    if isinstance(notice, PlainNotice):
        return (firing, 0, 0.0, 0.0)
    return (firing, 1 if notice.is_forecast else 2, notice.ratio, notice.threshold_percent)


def _subject_of(notice: Notice) -> object:
    """Return what a notice is about: of two about the same, one is told."""
    labels = notice.alert.labels
    ignored = {names.THRESHOLD, names.SEVERITY} if isinstance(notice, QuotaNotice) else set()
    return (
        notice.alert.status,
        frozenset(item for item in labels.items() if item[0] not in ignored),
    )
