"""Which mails get a chart."""

from collections.abc import Sequence
from datetime import datetime

from webhook.alerts.events import Event, QuotaEvent
from webhook.mail.charts.wanted import WantedChart
from webhook.mail.wording import name_event


def want_chart(events: Sequence[Event], now: datetime) -> str:
    """Return the chart for a mail about these events, in a form that can be stored.

    The text is empty if the mail gets none: only a mail about one quota that has reached a
    threshold, or is expected to, has a chart.
    """
    if len(events) != 1 or not isinstance(events[0], QuotaEvent) or events[0].is_resolved:
        return ""
    event = events[0]
    if event.period is None and not event.is_rolling:
        return ""
    wanted = WantedChart(
        name=name_event(event),
        quota=event.quota_name,
        entry=dict(event.for_each_values),
        calendar=event.calendar,
        period=str(event.period.id) if event.period else "",
        at=int(now.timestamp()),
        used_bytes=event.used_bytes,
        limit_bytes=event.limit_bytes,
        unit=event.unit,
        forecast_bytes=event.forecast_bytes if event.period else None,
    )
    return wanted.to_text()
