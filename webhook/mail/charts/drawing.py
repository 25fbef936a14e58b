"""Drawing the chart of a quota's usage."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from quotas.model import Threshold
from webhook.mail.charts.canvas import Canvas, Point
from webhook.mail.charts.model import UsageChart
from webhook.mail.charts.ticks import size_ticks, time_ticks
from webhook.mail.formatting import format_amount, is_binary

# The pixels of the picture. A mail shows it at half the size, for screens with small pixels, and a
# phone at a third, where its letters can still be read.
WIDTH, HEIGHT = 992, 540
_FONT_PIXELS, _ROW = 34, 48
_MARGIN, _GAP, _SWATCH = 4, 14, 40
_MOST_SIZES, _MOST_TIMES = 5, 7
_FULL_PERCENT = 100
# The axis ends at this many times the usage or limit, even if more is expected.
_MOST_FORECAST = 2.5
_HEADROOM = 1.06


@dataclass(frozen=True)
class Palette:
    """The colours of a chart: those of the mail around it."""

    background: str
    ink: str
    soft: str
    grid: str
    used: str
    area: str
    limit: str
    severities: dict[str, str]


LIGHT = Palette(
    background="#ffffff",
    ink="#15181c",
    soft="#59626d",
    grid="#e3e6ea",
    used="#2f55c0",
    area="#e6ecfa",
    limit="#b3261e",
    severities={"info": "#7a5600", "warning": "#a34400", "critical": "#b3261e"},
)
DARK = Palette(
    background="#1a1d21",
    ink="#eceef1",
    soft="#a3abb5",
    grid="#363c43",
    used="#86a6fa",
    area="#252e45",
    limit="#f47c74",
    severities={"info": "#e3b341", "warning": "#f2914a", "critical": "#f47c74"},
)


@dataclass(frozen=True)
class _Frame:
    """The rectangle in which usage is drawn, and what its edges mean."""

    left: float
    top: float
    right: float
    bottom: float
    start: datetime
    end: datetime
    top_bytes: float

    def x_of(self, at: datetime) -> float:
        share = (at.timestamp() - self.start.timestamp()) / (
            self.end.timestamp() - self.start.timestamp()
        )
        return self.left + min(1, max(0, share)) * (self.right - self.left)

    def y_of(self, size_bytes: float) -> float:
        return self.bottom - size_bytes / self.top_bytes * (self.bottom - self.top)

    def point(self, at: datetime, size_bytes: float) -> Point:
        return (self.x_of(at), self.y_of(size_bytes))


def draw(chart: UsageChart, palette: Palette) -> bytes:
    """Return a chart as PNG. The same arguments give the same bytes."""
    canvas = Canvas(WIDTH, HEIGHT, palette.background, _FONT_PIXELS)
    legend_rows = _draw_legend(canvas, chart, palette)
    top_bytes = _top_of(chart)
    binary = is_binary(chart.limit_bytes, chart.unit)
    sizes = size_ticks(int(top_bytes), chart.unit, _MOST_SIZES, binary=binary)
    right_labels = [_percent(threshold) for threshold in chart.thresholds]
    frame = _Frame(
        left=_MARGIN + max(canvas.width_of(text) for _, text in sizes) + _GAP,
        top=_MARGIN + legend_rows * _ROW + 2 * _GAP,
        right=WIDTH - _MARGIN - _GAP - max(map(canvas.width_of, right_labels), default=0),
        bottom=HEIGHT - _MARGIN - _ROW,
        start=chart.start,
        end=chart.end,
        top_bytes=top_bytes,
    )
    for size_bytes, text in sizes:
        y = frame.y_of(size_bytes)
        canvas.line([(frame.left, y), (frame.right, y)], palette.grid, 2)
        canvas.text((frame.left - _GAP, y), text, palette.soft, "rm")
    _draw_times(canvas, frame, palette)
    _draw_used(canvas, frame, chart, palette)
    _draw_thresholds(canvas, frame, chart, palette)
    _draw_forecast(canvas, frame, chart, palette)
    return canvas.to_png()


def _top_of(chart: UsageChart) -> float:
    highest = max(chart.limit_bytes, *(used_bytes for _, used_bytes in chart.points))
    forecast_bytes = min(chart.forecast_bytes or 0, _MOST_FORECAST * highest)
    return _HEADROOM * max(highest, forecast_bytes)


def _percent(threshold: Threshold) -> str:
    return f"{threshold.label} %"


def _draw_legend(canvas: Canvas, chart: UsageChart, palette: Palette) -> int:
    """Draw what the lines mean, and how much it is. Return in how many rows."""
    entries = [("Used", chart.used_bytes, palette.used, 0.0)]
    if chart.forecast_bytes is not None:
        entries.append(("Forecast", chart.forecast_bytes, palette.used, 8.0))
    entries.append(("Limit", chart.limit_bytes, palette.limit, 0.0))
    x, row = float(_MARGIN), 0
    for name, size_bytes, colour, dash in entries:
        text = f"{name} {format_amount(size_bytes, chart.limit_bytes, chart.unit)}"
        width = _SWATCH + _GAP + canvas.width_of(text)
        if x + width > WIDTH:
            x, row = _MARGIN, row + 1
        y = _MARGIN + (row + 0.5) * _ROW
        canvas.line([(x, y), (x + _SWATCH, y)], colour, 6, dash)
        canvas.text((x + _SWATCH + _GAP, y), text, palette.ink, "lm")
        x += width + 3 * _GAP
    return row + 1


def _draw_times(canvas: Canvas, frame: _Frame, palette: Palette) -> None:
    end_of_last = 0.0
    for at, text in time_ticks(frame.start, frame.end, _MOST_TIMES):
        x, width = frame.x_of(at), canvas.width_of(text)
        canvas.line([(x, frame.bottom), (x, frame.bottom + 8)], palette.grid, 2)
        middle = min(max(x, _MARGIN + width / 2), WIDTH - _MARGIN - width / 2)
        if middle - width / 2 > end_of_last:
            canvas.text((middle, HEIGHT - _MARGIN), text, palette.soft, "md")
            end_of_last = middle + width / 2 + _GAP


def _draw_used(canvas: Canvas, frame: _Frame, chart: UsageChart, palette: Palette) -> None:
    for run in _runs(chart.points):
        line = [frame.point(at, used_bytes) for at, used_bytes in run]
        canvas.area([(line[0][0], frame.bottom), *line, (line[-1][0], frame.bottom)], palette.area)
        if len(line) > 1:
            canvas.line(line, palette.used, 6)
        else:
            canvas.dot(line[0], 3, palette.used)
    canvas.dot(frame.point(*chart.points[-1]), 9, palette.used)


def _runs(points: Sequence[tuple[datetime, int]]) -> Iterator[Sequence[tuple[datetime, int]]]:
    """Yield the points between gaps, where nothing is known. Points are at equal distances."""
    steps = [later - earlier for (earlier, _), (later, _) in pairwise(points)]
    longest = 1.5 * min(steps, default=timedelta(0))
    first = 0
    for number, step in enumerate(steps, start=1):
        if step > longest:
            yield points[first:number]
            first = number
    yield points[first:]


def _draw_thresholds(canvas: Canvas, frame: _Frame, chart: UsageChart, palette: Palette) -> None:
    y = frame.y_of(chart.limit_bytes)
    canvas.line([(frame.left, y), (frame.right, y)], palette.limit, 5)
    used: list[float] = []
    # The limit's label comes first, and then the highest: none is written over another.
    ordered = sorted(chart.thresholds, key=lambda one: (one.percent != _FULL_PERCENT, -one.percent))
    for threshold in ordered:
        size_bytes = chart.limit_bytes * threshold.percent / 100
        if size_bytes > frame.top_bytes:
            continue
        y, colour = frame.y_of(size_bytes), palette.severities[threshold.severity]
        if threshold.percent != _FULL_PERCENT:
            canvas.line([(frame.left, y), (frame.right, y)], colour, 3, 10)
        if all(abs(y - other) >= 0.75 * _FONT_PIXELS for other in used):
            canvas.text((WIDTH - _MARGIN, y), _percent(threshold), colour, "rm")
            used.append(y)


def _draw_forecast(canvas: Canvas, frame: _Frame, chart: UsageChart, palette: Palette) -> None:
    if chart.forecast_bytes is None:
        return
    x, y = frame.point(*chart.points[-1])
    to_x, to_y = frame.point(chart.end, chart.forecast_bytes)
    if to_y < frame.top:
        # What is expected is above the picture.
        to_x, to_y = x + (to_x - x) * (y - frame.top) / (y - to_y), frame.top
    if to_x > x:
        canvas.line([(x, y), (to_x, to_y)], palette.used, 5, 14)
