"""From a wanted chart to its picture."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from quotas.model import Quota
from webhook.mail.charts.model import Picture, UsageChart
from webhook.mail.charts.wanted import WantedChart

# Points and the usage in the mail: fewer than this make no line.
_FEWEST_POINTS = 2

# Reads the usage of an entry of a quota between two times: ``UsageReader.read_points``.
ReadPoints = Callable[
    [Quota, Mapping[str, str], datetime, datetime], Sequence[tuple[datetime, int]]
]


def make_wanted_picture(
    wanted: WantedChart, quota: Quota, read_points: ReadPoints
) -> Picture | None:
    """Return the picture of a chart; None if too little is known to draw it.

    Args:
        wanted: the chart.
        quota: the quota as it is now.
        read_points: reads its usage. What it raises is raised.

    """
    if not wanted.fits(quota):
        return None
    points = read_points(quota, wanted.entry, wanted.span[0], wanted.until)
    chart = make_chart(wanted, quota, points)
    if chart is None:
        return None
    # Of all processes, only those that draw need Pillow.
    from webhook.mail.charts.picture import make_picture  # noqa: PLC0415

    return make_picture(chart, wanted.name)


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
