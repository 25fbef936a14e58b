"""Charts for tests: some as people see them, and any at all."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from quotas import names
from quotas.calendars import Calendar, parse_calendar, period_at
from quotas.model import DEFAULT_THRESHOLDS, Threshold
from quotas.units import UNITS
from tests.unit.webhook.samples import NOW
from webhook.alerts.events import LARGEST_BYTES
from webhook.mail.charts.model import UsageChart


def growing(
    start: datetime, end: datetime, used_bytes: int, count: int = 100
) -> Sequence[tuple[datetime, int]]:
    """Return points of usage that grows faster and faster."""
    return [
        (start + (end - start) * n / count, used_bytes * n * n // count**2)
        for n in range(count + 1)
    ]


def chart(
    calendar: str = "month",
    used_bytes: int = 450_200_000_000,
    limit_bytes: int = 500 * 10**9,
    unit: str = "GB",
    forecast_bytes: int | None = 571_000_000_000,
) -> UsageChart:
    cut = parse_calendar(calendar)
    if isinstance(cut, Calendar):
        period = period_at(cut, NOW)
        start, end = period.start, period.end
    else:
        start, end, forecast_bytes = NOW - timedelta(seconds=cut.seconds), NOW, None
    points = growing(start, NOW, used_bytes)
    return UsageChart(start, end, points, limit_bytes, unit, DEFAULT_THRESHOLDS, forecast_bytes)


# Charts by name.
CASES = {
    "month": chart(),
    "no forecast": chart(used_bytes=513_650_000_000, forecast_bytes=None),
    "far more expected": chart("week", 12 * 10**9, 10 * 2**30, "GiB", 10**15),
    "far more used": chart("day@Europe/Berlin", 40 * 10**12, 1500 * 10**9),
    "a little": chart("hour", 1, 600 * 2**10, "KiB", 5),
    "rolling": chart("rolling:30d"),
}

sizes = st.integers(0, 5_000) | st.integers(0, LARGEST_BYTES)
moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
calendars = st.sampled_from(
    ["month", "month:15@America/Sao_Paulo", "week:sunday", "day@Europe/Berlin", "hour@Asia/Kolkata"]
)


@st.composite
def any_charts(draw: st.DrawFn) -> UsageChart:
    """Any chart that an alert and a Prometheus can lead to."""
    now = draw(moments)
    period = period_at(parse_calendar(draw(calendars)), now)  # type: ignore[arg-type]
    known = draw(st.lists(st.none() | sizes, max_size=199))
    step = max((now - period.start) / 199, timedelta(seconds=15))
    points = [
        (now - step * number, used_bytes)
        for number, used_bytes in enumerate(known, start=1)
        if used_bytes is not None
    ]
    percents = draw(st.lists(st.floats(0.01, 9_999), max_size=20, unique=True))
    return UsageChart(
        period.start,
        period.end,
        [*reversed(points), (now, draw(sizes))],
        max(1, draw(sizes)),
        draw(st.sampled_from(["", *UNITS])),
        [Threshold(p, draw(st.sampled_from(names.SEVERITIES))) for p in sorted(percents)],
        draw(st.none() | sizes),
    )
