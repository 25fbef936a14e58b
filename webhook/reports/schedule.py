"""Which reports there are, and which of them are due.

A report is due an hour after its week or month has ended, so that all bytes are counted. Once it is
issued, the table of status values has the id of its period.
"""

import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from quotas.calendars import Calendar, Period, period_at
from quotas.model import Quota, QuotaFile
from webhook.store.past_notifications import DedupKey
from webhook.store.status import add_status, read_status, set_status
from webhook.usage.model import ReportSpan

# Steps that were not evaluated are counted within 45 minutes.
WAIT = timedelta(hours=1)
_INSTANT = timedelta(seconds=1)

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class DueReport:
    """A report that was not issued yet: the period that it is about, and the quotas."""

    calendar: Calendar
    period: Period
    quotas: tuple[Quota, ...]

    @property
    def key(self) -> DedupKey:
        """Return the key under which each recipient gets the report once."""
        return DedupKey(_digest("report", self.calendar.name, str(self.period.id)))


def quotas_by_calendar(quotas: QuotaFile) -> dict[Calendar, tuple[Quota, ...]]:
    """Return the quotas that have reports, by the weeks or months of these."""
    found: dict[Calendar, list[Quota]] = {}
    for quota in quotas.quotas:
        if quota.report is not None:
            found.setdefault(quota.report, []).append(quota)
    return {calendar: tuple(of_calendar) for calendar, of_calendar in found.items()}


def newest_period(calendar: Calendar, now: datetime) -> Period:
    """Return the newest period whose report can be written."""
    current = period_at(calendar, now - WAIT)
    return period_at(calendar, current.start - _INSTANT)


def span_of(calendar: Calendar, period: Period, now: datetime) -> ReportSpan:
    """Return the span of the report about a period."""
    after = period_at(calendar, period.end)
    before = period_at(calendar, period.start - _INSTANT)
    return ReportSpan(calendar, period, before, after if now < after.end else None)


def find_due(connection: Connection, quotas: QuotaFile, now: datetime) -> Sequence[DueReport]:
    """Return the reports that are due.

    Only the newest of each calendar is: if nobody delivered for longer than one of its periods,
    older ones are left out. A calendar that is new has its first report at the end of its current
    period. ``start_new`` must have stored it.
    """
    issued = _issued(connection)
    due = []
    for calendar, of_calendar in quotas_by_calendar(quotas).items():
        period = newest_period(calendar, now)
        last_id = issued.get(_name(calendar))
        if last_id is not None and last_id < period.id:
            before = period_at(calendar, period.start - _INSTANT)
            if last_id < before.id:
                _log.warning("no report about %s and before was issued", before.title)
            due.append(DueReport(calendar, period, of_calendar))
    return due


def has_new(connection: Connection, quotas: QuotaFile) -> bool:
    """Return whether ``start_new`` has something to store."""
    issued = _issued(connection)
    return any(_name(calendar) not in issued for calendar in quotas_by_calendar(quotas))


def start_new(connection: Connection, quotas: QuotaFile, now: datetime) -> None:
    """Store for each calendar that is new that its last period needs no report any more."""
    for calendar in quotas_by_calendar(quotas):
        last_id = newest_period(calendar, now).id
        if add_status(connection, _name(calendar), now, str(last_id)):
            first = period_at(calendar, now - WAIT)
            _log.info("the first report by %s is about %s", calendar.name, first.title)


def mark_issued(connection: Connection, report: DueReport, now: datetime) -> None:
    """Store that a report needs nothing more."""
    set_status(connection, _name(report.calendar), now, str(report.period.id))


def _issued(connection: Connection) -> Mapping[str, int]:
    """Return the newest period that was issued or needs no report, by the name of its calendar."""
    status = read_status(connection)
    return {name: int(found.value) for name, found in status.items() if name.startswith("report ")}


def _name(calendar: Calendar) -> str:
    # Names of calendars can be longer than the column.
    return f"report {_digest(calendar.name)[:40]}"


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
