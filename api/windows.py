"""Cut time into windows: of a fixed step, or the days, weeks and months of a time zone.

Times are Unix milliseconds, the resolution of Prometheus. A window holds what comes after its
start, up to and including its end.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from quotas.calendars import DAY_SECONDS, WEEK_SECONDS, Calendar, Kind, period_at
from quotas.units import format_duration

# Prometheus answers no more points for one series.
MOST_POINTS = 11_000
# In all series of one answer: what a worker can hold.
MOST_NUMBERS = 500_000
# In all series that are read if only the largest of them are answered.
MOST_NUMBERS_OF_TOP = 4 * MOST_NUMBERS
# The step `auto` makes at most so many windows: a chart has no room for more.
_AUTO_POINTS = 300
# With fewer scrapes in a window, a late scrape makes a peak beside a hole.
_AUTO_SCRAPES = 4

_ROUND_SECONDS = (
    *(1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800),
    *(3_600, 7_200, 10_800, 21_600, 43_200),
)
_MONTH_SECONDS = 28 * DAY_SECONDS
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Step:
    """How long a window is: ``seconds``, or a ``kind`` of period that lasts at least as long."""

    seconds: int
    kind: Kind | None = None

    @property
    def name(self) -> str:
        """Return the step as the parameter is written: ``5m``, ``1d``, ``1w``, ``month``."""
        match self.kind:
            case None | "hour" | "day":
                return format_duration(self.seconds)
            case "week":
                return "1w"
            case "month":
                return self.kind


MINUTE = Step(60)
DAY, WEEK, MONTH = (
    Step(DAY_SECONDS, "day"),
    Step(WEEK_SECONDS, "week"),
    Step(_MONTH_SECONDS, "month"),
)
ROUND_STEPS = (*map(Step, _ROUND_SECONDS), DAY, WEEK, MONTH)


class TooManyPointsError(Exception):
    """The answer would be too large. ``step`` is a longer step that would do."""

    def __init__(self, step: Step) -> None:
        self.step = step
        super().__init__(
            f"at most {MOST_POINTS} points a series and {MOST_NUMBERS} in all are answered; ask "
            f'for a shorter time, a step of "{step.name}" or longer, or fewer series'
        )


@dataclass(frozen=True)
class Windows:
    """Windows by their bounds, oldest first.

    Bytes are counted until ``until_ms``, so the last window may be partial. ``now_ms`` is the
    current time, at or after ``until_ms``.
    """

    step: Step
    bounds_ms: Sequence[int]
    until_ms: int
    now_ms: int

    @property
    def starts_ms(self) -> Sequence[int]:
        """Return when each window begins."""
        return self.bounds_ms[:-1]

    @property
    def ends_ms(self) -> Sequence[int]:
        """Return when each window ends; a partial one ends with what is counted."""
        return [*self.bounds_ms[1:-1], self.end_ms]

    @property
    def end_ms(self) -> int:
        """Return until when bytes are counted."""
        return min(self.bounds_ms[-1], self.until_ms)

    @property
    def partial_last(self) -> bool:
        """Return whether the last window is partial."""
        return self.bounds_ms[-1] > self.until_ms

    @property
    def seconds(self) -> float:
        """Return how long the windows are together."""
        return (self.bounds_ms[-1] - self.bounds_ms[0]) / 1000

    def count_until(self, horizon_ms: int) -> int:
        """Return how many of the windows have ended by then."""
        return max(0, bisect_right(self.bounds_ms, horizon_ms) - 1)

    def runs(self, count: int) -> Iterator[range]:
        """Yield the ends of the first ``count`` windows, as runs of adjacent equal lengths.

        The step of each range is the length of its windows. Days, weeks and months differ in
        length, by clock changes and by calendar.
        """
        first = 0
        while first < count:
            length = self._length(first)
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
    """Return the shortest round step that cuts a span into at most ``most_points`` windows."""
    for step in ROUND_STEPS:
        if step.seconds >= shortest_seconds and seconds / step.seconds <= most_points:
            return step
    return MONTH


def choose_auto_step(seconds: float, scrape_interval_seconds: int) -> Step:
    """Return the step with which a chart of a span is best drawn."""
    return choose_step(seconds, _AUTO_SCRAPES * scrape_interval_seconds)


def cut_windows(
    start_ms: int,
    end_ms: int,
    now_ms: int,
    step: Step,
    timezone: str = "UTC",
    *,
    whole_last: bool = True,
) -> Windows:
    """Return the windows that hold the span from start to end.

    Args:
        start_ms: before ``end_ms``; the first window is whole and may begin earlier.
        end_ms: at most ``now_ms``.
        now_ms: the current time.
        step: how long a window is.
        timezone: the zone in which days, weeks and months begin; shorter steps are cut in UTC.
        whole_last: the last window may end after ``end_ms``, though not after now; if not, bytes
            are counted until ``end_ms``.

    Raises:
        TooManyPointsError: there would be more than MOST_POINTS.

    """
    until_ms = now_ms if whole_last else end_ms
    seconds = (end_ms - start_ms) / 1000
    if seconds / step.seconds > MOST_POINTS:
        raise _too_many(seconds, 1, step.seconds)
    if step.kind is None:
        step_ms = 1000 * step.seconds
        first = start_ms // step_ms * step_ms
        last = -(-end_ms // step_ms) * step_ms
        return Windows(step, range(first, last + 1, step_ms), until_ms, now_ms)
    calendar = Calendar(step.kind, timezone=timezone)
    period = period_at(calendar, from_ms(start_ms))
    bounds = [to_ms(period.start)]
    while bounds[-1] < end_ms:
        bounds.append(to_ms(period.end))
        period = period_at(calendar, period.end)
    return Windows(step, bounds, until_ms, now_ms)


def check_size(series_count: int, windows: Windows) -> None:
    """Raise TooManyPointsError if so many series have more than MOST_NUMBERS in these windows."""
    if series_count * len(windows.starts_ms) > MOST_NUMBERS:
        raise _too_many(windows.seconds, series_count, windows.step.seconds)


def _too_many(seconds: float, series_count: int, shortest_seconds: int) -> TooManyPointsError:
    most = min(MOST_POINTS, MOST_NUMBERS // series_count)
    return TooManyPointsError(choose_step(seconds, shortest_seconds, most - 1))
