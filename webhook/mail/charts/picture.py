"""A chart as a mail shows it: drawn for light and for dark mode, and in words."""

from webhook.mail.charts.drawing import DARK, LIGHT, draw
from webhook.mail.charts.model import Picture, UsageChart
from webhook.mail.formatting import format_amount, format_percent, format_time

LARGEST_BYTES = 40_000


class TooLargeError(Exception):
    """The pictures are larger than a mail should carry."""


def make_picture(chart: UsageChart, name: str) -> Picture:
    """Return the picture of a chart. The same arguments give the same bytes.

    Args:
        chart: what it shows.
        name: what the usage is of, as a clean line.

    Raises:
        TooLargeError: both drawings together have more than LARGEST_BYTES.

    """
    light, dark = draw(chart, LIGHT), draw(chart, DARK)
    if len(light) + len(dark) > LARGEST_BYTES:
        raise TooLargeError(f"a chart would have {len(light) + len(dark)} bytes")
    return Picture(light, dark, describe(chart, name))


def describe(chart: UsageChart, name: str) -> str:
    """Return what a chart shows in words, for readers who do not see it."""
    at, used_bytes = chart.points[-1]
    used, limit = (
        format_amount(size, chart.limit_bytes, chart.unit)
        for size in (used_bytes, chart.limit_bytes)
    )
    zone = chart.start.tzinfo
    percent = format_percent(used_bytes, chart.limit_bytes)
    text = (
        f"Chart: {name} has used {used} of {limit} ({percent}) from {format_time(chart.start)} "
        f"to {format_time(at.astimezone(zone))}."
    )
    if chart.forecast_bytes is None:
        return text
    expected = format_amount(chart.forecast_bytes, chart.limit_bytes, chart.unit)
    return f"{text} Expected by {format_time(chart.end)}: {expected}."
