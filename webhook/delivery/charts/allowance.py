"""The time that charts may take, so that mails do not wait for them."""

import time
from collections.abc import Callable

# Charts take at most this share of all time. What they do not use, they can use later, up to
# MOST_SECONDS. A chart that has begun is finished, which takes six seconds at most.
SHARE = 0.2
MOST_SECONDS = 5.0
# For how long at least none is drawn after a failure.
PAUSE_SECONDS = 60.0


class Allowance:
    """How much time is left for charts."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._left_seconds = MOST_SECONDS
        self._known_at = clock()

    def is_left(self) -> bool:
        """Return whether a chart can be begun."""
        now = self._clock()
        grown = self._left_seconds + SHARE * (now - self._known_at)
        self._left_seconds, self._known_at = min(MOST_SECONDS, grown), now
        return self._left_seconds > 0

    def spend(self, seconds: float) -> None:
        """Count time that a chart has taken."""
        self._left_seconds -= seconds

    def pause(self) -> None:
        """Leave no time for PAUSE_SECONDS."""
        self._left_seconds = -SHARE * PAUSE_SECONDS
