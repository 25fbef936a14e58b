"""Quotas of quotas.yaml of which the rules have recorded nothing yet."""

from collections.abc import Mapping
from datetime import datetime

from api.usage.model import Entry
from quotas.calendars import Calendar, period_at
from quotas.model import Quota


def make_entry_without_data(quota: Quota, asked: Mapping[str, str], now: datetime) -> Entry:
    """Return the entry of a quota that has no data.

    Args:
        quota: as quotas.yaml has it.
        asked: the labels that the entry must have. Those of ``for_each`` can have any value,
            since nothing says yet which values there are.
        now: the current time, which decides on the period.

    """
    each = {label: value for label, value in asked.items() if label in quota.for_each}
    calendar = quota.calendar
    return Entry(
        quota=quota.name,
        labels=quota.fixed_labels | each | dict(quota.labels),
        calendar_name=calendar.name,
        calendar=calendar,
        period=period_at(calendar, now) if isinstance(calendar, Calendar) else None,
        used_bytes=None,
        limit_bytes=float(quota.limit_bytes),
        forecast_bytes=None,
        written=quota,
    )
