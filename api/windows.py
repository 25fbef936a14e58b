"""Cut the time that is looked back on into the windows of the rows, and those into steps.

Times are Unix milliseconds, the resolution of Prometheus. A window holds what comes after its
start, up to and with its end.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

WINDOW_MS = 60_000
LONGEST_LOOKBACK_SECONDS = 7 * 86_400

# Bytes are counted in steps that a window is a multiple of. Steps no longer than the time between
# two scrapes compare each sample with the one before it, so that no restart of a gateway hides
# between them.
_STEPS_SECONDS = (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60)
# Prometheus answers 11,000 steps at most: long lookbacks take longer ones.
_MOST_STEPS = 10_900

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Timetable:
    """When to look, and which row each look belongs to.

    ``windows`` has the windows, oldest first: the whole minute at which one ends, or would end if
    it were over, and the time that its row bears. ``steps_ms`` has the ends of the whole steps;
    after the last of them, ``tail_ms`` are left until ``now_ms``.
    """

    windows: Mapping[int, datetime]
    steps_ms: range
    tail_ms: int
    now_ms: int

    @property
    def step_seconds(self) -> int:
        """Return the length of a whole step."""
        return self.steps_ms.step // 1000


def cut(now: datetime, lookback_seconds: int, scrape_interval_seconds: int) -> Timetable:
    """Return the timetable of all closed windows that end after ``now - lookback``, and the last.

    The last window is not over. There is none if it began less than a millisecond ago, since it
    can hold no sample.

    Args:
        now: an aware time.
        lookback_seconds: from 1 to LONGEST_LOOKBACK_SECONDS.
        scrape_interval_seconds: the time between two scrapes of a gateway.

    """
    step_ms = 1000 * _choose_step(lookback_seconds, scrape_interval_seconds)
    now_ms = (now - _EPOCH) // timedelta(milliseconds=1)
    start_ms = _floor(now_ms - 1000 * lookback_seconds, WINDOW_MS)
    last_step_ms = _floor(now_ms, step_ms)
    closed = range(start_ms + WINDOW_MS, now_ms + 1, WINDOW_MS)
    windows = {end: _EPOCH + timedelta(milliseconds=end) for end in closed}
    if now_ms % WINDOW_MS:
        windows[window_of(now_ms)] = now
    return Timetable(
        windows=windows,
        steps_ms=range(start_ms + step_ms, last_step_ms + 1, step_ms),
        tail_ms=now_ms - last_step_ms,
        now_ms=now_ms,
    )


def _choose_step(lookback_seconds: int, scrape_interval_seconds: int) -> int:
    """Return the longest step within the scrape interval, or a longer one if there are too many."""
    fine = max(step for step in _STEPS_SECONDS if step <= max(1, scrape_interval_seconds))
    allowed = (
        step for step in _STEPS_SECONDS if step >= fine and lookback_seconds / step <= _MOST_STEPS
    )
    return next(allowed, _STEPS_SECONDS[-1])


def window_of(time_ms: int) -> int:
    """Return the end of the window that holds this time."""
    return -_floor(-time_ms, WINDOW_MS)


def _floor(time_ms: int, step_ms: int) -> int:
    return time_ms // step_ms * step_ms
