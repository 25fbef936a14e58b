"""Whether alerts have stopped arriving: the watchdog alert should arrive each minute."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from webhook.store.status import STARTED, WATCHDOG, StatusValue

MISSING_AFTER = timedelta(minutes=5)


def missing_since(
    status: Mapping[str, StatusValue], now: datetime, observed_since: datetime
) -> datetime | None:
    """Return when the watchdog last arrived, if that is longer ago than MISSING_AFTER, else None.

    If it has never arrived, return when the tables were first used. A time in the future comes from
    a wrong clock, and says nothing.

    Args:
        status: all status values.
        now: the current time (aware, UTC).
        observed_since: when the calling process was started. It gives the watchdog time to arrive
            after that.

    """
    known = status.get(WATCHDOG) or status.get(STARTED)
    last = known.at if known and known.at <= now else observed_since
    return last if now - max(last, observed_since) > MISSING_AFTER else None
