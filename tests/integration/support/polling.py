"""Wait for a condition instead of a fixed time."""

import time
from collections.abc import Callable

_AGAIN_SECONDS = 0.05


def poll(is_true: Callable[[], object], otherwise: str, seconds: float = 40) -> None:
    """Wait until ``is_true`` returns something true; fail with ``otherwise`` after a time."""
    end = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < end, otherwise
        time.sleep(_AGAIN_SECONDS)
