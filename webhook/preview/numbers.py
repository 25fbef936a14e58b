"""The numbers in test mails: those of Prometheus if it has any, else examples."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from quotas import names
from quotas.calendars import Calendar, Period, period_at
from quotas.model import Quota
from webhook.usage.reading import UsageReader, UsageUnavailableError

# Without a forecast of Prometheus, traffic is as fast as if it used so much in a whole period.
_EXAMPLE_SHARE = 1.2

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Numbers:
    """What is known about a quota now.

    Attributes:
        entry: the values of the labels in ``for_each``: those of the entry that has used most.
        used_bytes: what it has used. None if that is not known.
        period: the current period. None for a rolling window.
        to_come_bytes: the bytes that are expected until the end of the period. None if unknown.
        missing: why ``used_bytes`` is not known, as the end of a sentence.

    """

    entry: Mapping[str, str]
    used_bytes: int | None
    period: Period | None
    to_come_bytes: int | None
    missing: str = ""


def read_numbers(quota: Quota, usage: UsageReader | None, now: datetime) -> Numbers:
    """Return the numbers of a quota at this time (aware).

    Args:
        quota: the quota.
        usage: reads the present usage. None if there is no Prometheus.
        now: the current time.

    """
    period = period_at(quota.calendar, now) if isinstance(quota.calendar, Calendar) else None
    if usage is None:
        return _make_example(quota, period, now, "PROMETHEUS_URL is not set")
    try:
        largest = usage.read_largest(quota, now)
    except UsageUnavailableError as error:
        _log.warning("the numbers are examples: %s", error)
        return _make_example(quota, period, now, "Prometheus did not answer")
    if largest is None:
        return _make_example(quota, period, now, "Prometheus has no usage of this quota")
    to_come_bytes = None
    if largest.forecast_bytes is not None:
        to_come_bytes = max(0, largest.forecast_bytes - largest.used_bytes)
    return Numbers(largest.labels, largest.used_bytes, period, to_come_bytes)


def _make_example(quota: Quota, period: Period | None, now: datetime, missing: str) -> Numbers:
    entry = {label: _example_value(quota, label) for label in quota.for_each}
    to_come_bytes = None
    if period:
        share_left = (period.end - now) / (period.end - period.start)
        to_come_bytes = round(_EXAMPLE_SHARE * quota.limit_bytes * share_left)
    return Numbers(entry, None, period, to_come_bytes, missing)


def _example_value(quota: Quota, label: str) -> str:
    selected = quota.selector.get(label)
    if selected and selected.values:
        return selected.values[0]
    return names.EGRESS if label == names.DIRECTION else f"example-{label}"
