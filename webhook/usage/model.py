"""The figures of a report, as dataclasses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from quotas.calendars import Calendar, Period, period_at
from quotas.model import Quota
from webhook.usage.reading import MOST_ENTRIES

# What figures mean. ``webhook.usage.figures`` explains it.
Basis = Literal["period", "so far", "highest"]

# The pace at the end of a period that says how the next one might end. Whole weeks, because traffic
# differs between weekdays.
PACE = timedelta(days=7)


@dataclass(frozen=True)
class ReportSpan:
    """The period of a report, the one before it, and the one after it if it is the current one."""

    calendar: Calendar
    period: Period
    before: Period
    current: Period | None

    def last_of(self, calendar: Calendar) -> Period:
        """Return the period of another calendar at the end of the report's period."""
        # The end itself belongs to the next one.
        return period_at(calendar, self.period.end - timedelta(seconds=1))


@dataclass(frozen=True)
class EntryFigures:
    """The bytes of one entry of a quota.

    Attributes:
        labels: the values of ``for_each``.
        used_bytes: what was used, or the highest.
        limit_bytes: the limit at the end of the report's period.
        before_bytes: the same of the period before; None if it is not known.
        expected_bytes: what the current period ends with at the pace of the last days; None if it
            is not known.
        over: in how many periods the limit was reached; None if the basis is not "highest", or the
            quota has no periods.

    """

    labels: Mapping[str, str]
    used_bytes: int
    limit_bytes: int
    before_bytes: int | None = None
    expected_bytes: int | None = None
    over: int | None = None


@dataclass(frozen=True)
class Figures:
    """The figures of a quota, its entries with the largest usage first.

    Attributes:
        basis: what the figures mean.
        entries: none if nothing was recorded.
        total_before_bytes: what all entries used in the period before, even those that used
            nothing since; None if it is not known, or the basis is "highest".
        top: labels, and which of their values used most, with their bytes.
        periods: how many periods of the quota ended meanwhile, if the basis is "highest".
        points: what was used at each moment (UTC) until the report's end, for a chart. Empty if
            there are several entries, if the basis is "highest", and if that is not known.

    """

    basis: Basis
    entries: tuple[EntryFigures, ...] = ()
    total_before_bytes: int | None = None
    top: tuple[tuple[str, tuple[tuple[str, int], ...]], ...] = ()
    periods: int = 0
    points: tuple[tuple[datetime, int], ...] = ()

    @property
    def total_bytes(self) -> int | None:
        """Return what all entries used; None if it is not known, or the basis is "highest"."""
        if self.basis == "highest" or not 0 < len(self.entries) < MOST_ENTRIES:
            return None
        return sum(entry.used_bytes for entry in self.entries)


# Quotas and their figures; None where they could not be read.
Reported = Sequence[tuple[Quota, Figures | None]]
