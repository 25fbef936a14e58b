"""Cut time into windows: of a fixed step, or the days, weeks and months of a time zone.

Times are Unix milliseconds. A window holds what comes after its start, up to and with its end; a
point of a chart bears the start of its window.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from quotas.calendars import DAY_SECONDS, WEEK_SECONDS, Calendar, Kind, period_at
from quotas.units import format_duration

MOST_POINTS = 11_000
# What `auto` aims at: more than a chart has room for help nobody.
_AUTO_POINTS = 300
# With fewer scrapes in a window, a late one makes a peak beside a hole.
_AUTO_SCRAPES = 4

_ROUND_SECONDS = (
    *(1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800),
    *(3_600, 7_200, 10_800, 21_600, 43_200),
)
_MONTH_SECONDS = 28 * DAY_SECONDS
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Step:
    """How long a window is: ``seconds``, or a ``kind`` of period, which is that long at least."""

    seconds: int
    kind: Kind | None = None

    @property
    def name(self) -> str:
        """Return the step as the parameter is written: ``5m``, ``1d``, ``1w``, ``month``."""
        if self.kind in (None, "day"):
            return format_duration(self.seconds)
        return "1w" if self.kind == "week" else "month"


DAY, WEEK, MONTH = (
    Step(DAY_SECONDS, "day"),
    Step(WEEK_SECONDS, "week"),
    Step(_MONTH_SECONDS, "month"),
)
ROUND_STEPS = (*map(Step, _ROUND_SECONDS), DAY, WEEK, MONTH)


@dataclass(frozen=True)
class Windows:
    """Windows by their bounds, oldest first; the last one may end after ``now_ms``."""

    step: Step
    bounds_ms: Sequence[int]
    now_ms: int

    @property
    def starts_ms(self) -> Sequence[int]:
        """Return when each window begins."""
        return self.bounds_ms[:-1]

    @property
    def partial_last(self) -> bool:
        """Return whether the last window is not over."""
        return self.bounds_ms[-1] > self.now_ms

    @property
    def end_ms(self) -> int:
        """Return until when there is something to tell."""
        return min(self.bounds_ms[-1], self.now_ms)

    def count_until(self, horizon_ms: int) -> int:
        """Return how many of the windows are over by then."""
        return max(0, bisect_right(self.bounds_ms, horizon_ms) - 1)

    def runs(self, count: int) -> Iterator[range]:
        """Yield the ends of the first ``count`` windows, those of one length that touch together.

        Days, weeks and months differ in length, by clocks that change and by calendar. The step
        of each range is the length of its windows.
        """
        first = 0
        while first < count:
            length = self.bounds_ms[first + 1] - self.bounds_ms[first]
            last = first
            while last + 1 < count and self._length(last + 1) == length:
                last += 1
            yield range(self.bounds_ms[first + 1], self.bounds_ms[last + 1] + 1, length)
            first = last + 1

    def _length(self, index: int) -> int:
        return self.bounds_ms[index + 1] - self.bounds_ms[index]


def to_ms(time: datetime) -> int:
    """Return an aware time as Unix milliseconds, rounded down."""
    return (time - EPOCH) // timedelta(milliseconds=1)


def from_ms(time_ms: int) -> datetime:
    """Return Unix milliseconds as a time in UTC."""
    return EPOCH + timedelta(milliseconds=time_ms)


def choose_step(seconds: float, shortest_seconds: int, most_points: int = _AUTO_POINTS) -> Step:
    """Return the shortest round step that cuts so much time into no more than so many windows."""
    for step in ROUND_STEPS:
        if step.seconds >= shortest_seconds and seconds / step.seconds <= most_points:
            return step
    return MONTH


def choose_auto_step(seconds: float, scrape_interval_seconds: int) -> Step:
    """Return the step that a chart of so much time is best drawn with."""
    return choose_step(seconds, _AUTO_SCRAPES * scrape_interval_seconds)


def cut_windows(start_ms: int, end_ms: int, now_ms: int, step: Step, timezone: str) -> Windows:
    """Return the windows that hold the time from start to end, the outer ones whole.

    Args:
        start_ms: before the end.
        end_ms: at most ``now_ms``.
        now_ms: the time now.
        step: see Step; no more than MOST_POINTS must fit.
        timezone: on whose clocks days, weeks and months begin; shorter steps are cut in UTC.

    """
    if step.kind is None:
        step_ms = 1000 * step.seconds
        first = start_ms // step_ms * step_ms
        last = -(-end_ms // step_ms) * step_ms
        return Windows(step, range(first, last + 1, step_ms), now_ms)
    calendar = Calendar(step.kind, timezone=timezone)
    period = period_at(calendar, from_ms(start_ms))
    bounds = [to_ms(period.start)]
    while bounds[-1] < end_ms:
        bounds.append(to_ms(period.end))
        period = period_at(calendar, period.end)
    return Windows(step, bounds, now_ms)
