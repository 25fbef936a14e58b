"""What is known about a quota's usage, as dataclasses."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from api.labels import PUBLIC
from quotas.calendars import Calendar, Period, Rolling
from quotas.model import Quota

# The state of an entry that has reached no threshold.
OK = "ok"
# The state of an entry that is in quotas.yaml, and of which the rules have recorded nothing.
NO_DATA = "no_data"


class NotFoundError(Exception):
    """The thing asked for does not exist, or the scope does not include it: nobody learns which."""


@dataclass(frozen=True)
class Entry:
    """One quota, or with ``for_each`` the quota of one label value. ``labels`` say which.

    ``calendar`` and ``period`` are None if this version does not know the calendar's name.
    ``used_bytes`` is None if the rules have recorded nothing. ``alert`` is the highest threshold
    whose alert fires. ``written`` is the quota as quotas.yaml has it; None if it is not there.
    """

    quota: str
    labels: Mapping[str, str]
    calendar_name: str
    calendar: Calendar | Rolling | None
    period: Period | None
    used_bytes: float | None
    limit_bytes: float | None
    forecast_bytes: float | None
    alert: str | None = None
    written: Quota | None = None

    @cached_property
    def state(self) -> str:
        """Return the highest threshold that the bytes have reached; or "ok", or "no_data".

        If quotas.yaml does not say which thresholds there are, it is the one whose alert fires.
        """
        ratio = self.ratio
        if self.used_bytes is None:
            return NO_DATA
        if self.written is None or ratio is None:
            return self.alert or OK
        reached = [known.label for known in self.written.thresholds if known.ratio <= ratio]
        return reached[-1] if reached else OK

    @cached_property
    def text(self) -> str:
        """Return what a search looks in: the name, and the names and values of labels."""
        words = [self.quota]
        for label, value in self.labels.items():
            name = PUBLIC.get(label, label)
            words.append(f"{name} {value}" if value else f"no {name}")
        return " ".join(words).casefold()

    @property
    def ratio(self) -> float | None:
        """Return used divided by limit; None if either is not known.

        The recorded ratio is not read: it comes from another rule, so it may be one evaluation
        older than what is used.
        """
        if self.used_bytes is None or not self.limit_bytes:
            return None
        return self.used_bytes / self.limit_bytes

    @property
    def left_bytes(self) -> float | None:
        """Return limit minus used, 0 when nothing is left; None if either is not known."""
        if self.used_bytes is None or self.limit_bytes is None:
            return None
        return max(0.0, self.limit_bytes - self.used_bytes)

    def full_at(self, now: datetime) -> datetime | None:
        """Return when the limit is reached at the pace of the forecast.

        None if that is not in this period, or has already happened.
        """
        if self.limit_bytes is None or self.forecast_bytes is None or self.period is None:
            return None
        if self.used_bytes is None:
            return None
        to_come = self.forecast_bytes - self.used_bytes
        missing = self.limit_bytes - self.used_bytes
        if missing <= 0 or to_come < missing:
            return None
        return now + (self.period.end - now) * (missing / to_come)


@dataclass(frozen=True)
class BurnUp:
    """Bytes used so far, by Unix milliseconds, during the period from ``start`` to ``end``.

    ``limits`` is the limit when it was first known, and whenever it changed.
    """

    start: datetime
    end: datetime
    step_seconds: int
    points: list[tuple[int, float | None]]
    limits: list[tuple[int, float]]


@dataclass(frozen=True)
class Total:
    """The bytes used in a period, so far if it is not over.

    ``limit_bytes`` is the limit at the period's end, or now. None if it is not known, and if
    nothing was used.
    """

    period: Period
    used_bytes: float
    limit_bytes: float | None
    is_over: bool


@dataclass(frozen=True)
class Notification:
    """One recipient was, or will be, notified once about the entry.

    ``kind`` is "usage" (the threshold was reached), "forecast" (100 % is expected) or "over" (below
    the threshold again). ``percent`` is the threshold, 100 for a forecast. ``period`` is None for a
    rolling window. ``settled_at`` is None until the mail was sent or given up.
    """

    queued_at: datetime
    settled_at: datetime | None
    kind: str
    percent: float
    period: Period | None
    recipient: str
    state: str
    attempts: int
