"""Which mails get a chart, and what must be known to draw it.

A mail is stored without its chart, and with this beside it. The delivery process draws the chart.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

from quotas.calendars import Rolling, parse_calendar, period_of
from quotas.model import Quota
from webhook.alerts.events import Event, QuotaEvent
from webhook.mail.charts.model import UsageChart
from webhook.mail.wording import name_event

# Points and the usage in the mail: fewer than this make no line.
_FEWEST_POINTS = 2


@dataclass(frozen=True)
class WantedChart:
    """The chart that belongs to a mail.

    Attributes:
        name: the quota and its entry, as the mail shows them.
        quota: the name of the quota.
        entry: the values of the labels in ``for_each``.
        calendar: the name of the calendar by which the quota is counted.
        period: the id of the period. Empty for a rolling window.
        at: when the mail was written, as a Unix time in seconds.
        used_bytes: the usage in the mail.
        limit_bytes: the limit in the mail.
        unit: the unit of the limit in quotas.yaml. Empty if it is unknown.
        forecast_bytes: the forecast in the mail, if it has one.

    """

    name: str
    quota: str
    entry: Mapping[str, str]
    calendar: str
    period: str
    at: int
    used_bytes: int
    limit_bytes: int
    unit: str
    forecast_bytes: int | None

    @property
    def span(self) -> tuple[datetime, datetime]:
        """Return start and end of what the chart shows, in its time zone."""
        calendar = parse_calendar(self.calendar)
        if isinstance(calendar, Rolling):
            end = datetime.fromtimestamp(self.at, UTC)
            return end - timedelta(seconds=calendar.seconds), end
        period = period_of(calendar, self.period)
        return period.start, period.end

    @property
    def until(self) -> datetime:
        """Return until when usage is shown: the time of the mail, or the end of the period."""
        return min(datetime.fromtimestamp(self.at, UTC), self.span[1])

    def fits(self, quota: Quota) -> bool:
        """Return whether a quota is still counted as it was when the mail was written."""
        return quota.calendar.name == self.calendar and set(quota.for_each) == set(self.entry)


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
    return json.dumps(asdict(wanted))


def read_wanted(text: str) -> WantedChart:
    """Return what ``want_chart`` has written."""
    return WantedChart(**json.loads(text))


def make_chart(
    wanted: WantedChart, quota: Quota, points: Sequence[tuple[datetime, int]]
) -> UsageChart | None:
    """Return the chart of a mail, or None if there are too few points.

    Args:
        wanted: the chart.
        quota: the quota as it is now, for its thresholds.
        points: what was used at each moment from the start until the mail was written.

    """
    (start, end), until = wanted.span, wanted.until
    # The picture ends with the usage that the mail names. Prometheus may know more by now.
    is_rolling = not wanted.period
    shown = [
        (at, used_bytes if is_rolling else min(used_bytes, wanted.used_bytes))
        for at, used_bytes in points
        if at < until
    ]
    shown.append((until, wanted.used_bytes))
    if len(shown) < _FEWEST_POINTS:
        return None
    return UsageChart(
        start,
        end,
        shown,
        wanted.limit_bytes,
        wanted.unit,
        quota.thresholds,
        wanted.forecast_bytes,
    )
