"""The chart of a quota in a report: usage until the end of the report's period."""

from quotas.calendars import Calendar
from quotas.model import Quota
from webhook.mail.charts.model import UsageChart
from webhook.usage.model import Figures, ReportSpan

# Together with the usage in the mail: fewer points make no line.
_FEWEST_POINTS = 2


def make_chart(quota: Quota, figures: Figures, span: ReportSpan) -> UsageChart | None:
    """Return the chart of a quota with one entry; None if too little is known."""
    if not isinstance(quota.calendar, Calendar) or not figures.points:
        return None
    [entry] = figures.entries
    period = span.last_of(quota.calendar)
    # The chart ends with the usage in the mail, which counts bytes that were late.
    points = [
        (at, min(used_bytes, entry.used_bytes))
        for at, used_bytes in figures.points
        if at < span.period.end
    ]
    points.append((span.period.end, entry.used_bytes))
    if len(points) < _FEWEST_POINTS:
        return None
    return UsageChart(
        period.start, period.end, points, entry.limit_bytes, quota.limit_unit, quota.thresholds
    )
