"""Cut the time that is looked back on into the windows of the rows, and those into steps.

Times are Unix milliseconds, the resolution of Prometheus. A window holds what comes after its
start, up to and with its end.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from api.bandwidth.windows import choose_step
from api.refusals import TooManyPointsError

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

    ``windows`` has the windows, oldest first: the time at which one ends, or would end if it were
    over, and the time that its row bears. ``steps_ms`` has the ends of the whole steps;
    after the last of them, ``tail_ms`` are left until ``now_ms``.
    """

    window_ms: int
    windows: Mapping[int, datetime]
    steps_ms: range
    tail_ms: int
    now_ms: int

    def window_of(self, time_ms: int) -> int:
        """Return the end of the window that holds this time."""
        return ceil(time_ms, self.window_ms)

    @property
    def step_seconds(self) -> int:
        """Return the length of a whole step."""
        return self.steps_ms.step // 1000


def cut(
    now: datetime,
    lookback_seconds: float,
    scrape_interval_seconds: int,
    window_seconds: int = 60,
) -> Timetable:
    """Return the timetable of all closed windows that end after ``now - lookback``, and the last.

    The last window is not over. There is none if it began less than a millisecond ago, since it
    can hold no sample.

    Args:
        now: an aware time: when the last window ends.
        lookback_seconds: up to LONGEST_LOOKBACK_SECONDS.
        scrape_interval_seconds: the time between two scrapes of a gateway.
        window_seconds: a part of a minute, or whole minutes.

    Raises:
        TooManyPointsError: there are more windows than can be asked for.

    """
    if lookback_seconds / window_seconds > _MOST_STEPS:
        fits = choose_step(lookback_seconds, window_seconds, _MOST_STEPS)
        raise TooManyPointsError(
            f"this would be {lookback_seconds / window_seconds:.0f} windows, at most {_MOST_STEPS} "
            f"are answered; ask for a shorter time, or for a step of {fits.name} or more",
            fits,
        )
    window_ms = 1000 * window_seconds
    step_ms = 1000 * _choose_step(lookback_seconds, scrape_interval_seconds, window_seconds)
    now_ms = (now - _EPOCH) // timedelta(milliseconds=1)
    start_ms = _floor(now_ms - round(1000 * lookback_seconds), window_ms)
    last_step_ms = _floor(now_ms, step_ms)
    closed = range(start_ms + window_ms, now_ms + 1, window_ms)
    windows = {end: _EPOCH + timedelta(milliseconds=end) for end in closed}
    if now_ms % window_ms:
        windows[ceil(now_ms, window_ms)] = now
    return Timetable(
        window_ms=window_ms,
        windows=windows,
        steps_ms=range(start_ms + step_ms, last_step_ms + 1, step_ms),
        tail_ms=now_ms - last_step_ms,
        now_ms=now_ms,
    )


def _choose_step(lookback_seconds: float, scrape_interval_seconds: int, window_seconds: int) -> int:
    """Return the longest step within the scrape interval, or a longer one if there are too many."""
    steps = [step for step in _STEPS_SECONDS if window_seconds % step == 0]
    fine = max(step for step in steps if step <= max(1, scrape_interval_seconds))
    allowed = (step for step in steps if step >= fine and lookback_seconds / step <= _MOST_STEPS)
    return next(allowed, steps[-1])


def ceil(time_ms: int, step_ms: int) -> int:
    """Return the time, up to the next whole step."""
    return -_floor(-time_ms, step_ms)


def _floor(time_ms: int, step_ms: int) -> int:
    return time_ms // step_ms * step_ms
