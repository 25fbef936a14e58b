"""A delivery process whose clock is wrong: python wrong_clock.py SECONDS.

Its clock is ahead by one of the given numbers of seconds, and jumps between them at random. Its
leases last for a second.
"""

import random
import sys
import time
from datetime import datetime, timedelta, tzinfo

from webhook import create_app
from webhook.delivery import leases

_SECONDS_BETWEEN_JUMPS = 0.3


class WrongClock(datetime):
    """A class to use in place of ``datetime``."""

    offsets_seconds: tuple[float, ...] = (0,)
    offset_seconds = 0.0
    jumps_at = 0.0

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override] # as datetime has it
        """Return the wrong time."""
        if time.monotonic() >= cls.jumps_at:
            cls.jumps_at = time.monotonic() + random.uniform(0, 2 * _SECONDS_BETWEEN_JUMPS)  # noqa: S311 - no secret
            cls.offset_seconds = random.choice(cls.offsets_seconds)  # noqa: S311 - no secret
        return datetime.now(tz) + timedelta(seconds=cls.offset_seconds)


def deliver(offsets_seconds: tuple[float, ...]) -> None:
    """Deliver until SIGTERM."""
    WrongClock.offsets_seconds = offsets_seconds
    leases.LEASE_SECONDS = 1
    for name, module in list(sys.modules.items()):
        if name.startswith("webhook.") and getattr(module, "datetime", None) is datetime:
            module.datetime = WrongClock  # type: ignore[attr-defined] # it has one
    create_app().test_cli_runner().invoke(args=["deliver"], catch_exceptions=False)


if __name__ == "__main__":
    deliver(tuple(map(float, sys.argv[1:])))
