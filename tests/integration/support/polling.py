"""Wait for a state, not for a time."""

import time
from collections.abc import Callable

_AGAIN_SECONDS = 0.05


def poll(is_true: Callable[[], object], otherwise: str, seconds: float = 40) -> None:
    """Wait until something is true; a test to which that does not happen in time fails."""
    end = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < end, otherwise
        time.sleep(_AGAIN_SECONDS)
