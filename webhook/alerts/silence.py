"""Silence: the watchdog alert arrives each minute, and its absence means that no alert arrives."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from webhook.store.status import STARTED, WATCHDOG, StatusValue

SILENT_AFTER = timedelta(minutes=5)


def silent_since(
    status: Mapping[str, StatusValue], now: datetime, observed_since: datetime
) -> datetime | None:
    """Return when the watchdog last arrived, if that is too long ago, else None.

    If it has never arrived, return when the tables were first used.

    Args:
        status: all status values.
        now: the current time (aware, UTC).
        observed_since: when the calling process was started. It gives the watchdog time to arrive
            after that.

    """
    known = status.get(WATCHDOG) or status.get(STARTED)
    last = known.at if known else observed_since
    return last if now - max(last, observed_since) > SILENT_AFTER else None
