"""For which times the rules of a calendar have recorded nothing yet."""

from dataclasses import dataclass
from datetime import UTC, datetime

from quotas import names
from quotas.accounting_options import Accounting
from quotas.calendars import Calendar
from quotas.prometheus.client import PrometheusClient
from quotas.promql import match_any, selector

HOUR_SECONDS = 3_600
# Prometheus keeps the newest samples in memory. When it starts, it drops those that are older than
# the end of its newest block. A block that reached into these hours would delete real samples.
IN_MEMORY_SECONDS = 3 * HOUR_SECONDS


class BackfillError(Exception):
    """Nothing can be filled; the message says why and what to do."""


@dataclass(frozen=True)
class TimeRange:
    """The first and the last time at which rules are evaluated, in Unix seconds."""

    first: int
    last: int


def missing_range(
    prometheus: PrometheusClient,
    accounting: Accounting,
    calendar: Calendar,
    since: datetime,
    now: datetime,
) -> TimeRange | None:
    """Return when the rules must be evaluated to fill the gap before the first recorded step.

    An evaluation counts the newest step that ended at least ``scrape_delay`` before it. The range
    ends before the first step that the loaded rules counted, so that no step is counted twice.

    Returns:
        The range, or None if there is no gap since ``since``.

    Raises:
        BackfillError: the rules have recorded nothing yet, or the gap is too recent.

    """
    step, delay = accounting.resolution_seconds, accounting.scrape_delay_seconds
    begin = int(since.timestamp()) // step * step
    # What live rules record has no calendar.
    series = names.DELTA + selector([match_any(names.CALENDAR, ["", calendar.name])])
    recorded = _first_sample(prometheus, series, begin + step + delay, now.timestamp(), step)
    if recorded is None:
        raise BackfillError(
            f"nothing is recorded for the calendar {calendar.name} yet; load the rules into "
            f"{prometheus.url} first, so that it is known where they begin"
        )
    end = _step_end(recorded, accounting)
    if begin + step >= end:
        return None
    if end + delay > now.timestamp() - IN_MEMORY_SECONDS:
        ready = datetime.fromtimestamp(end + delay + IN_MEMORY_SECONDS + 1, UTC)
        raise BackfillError(
            f"the calendar {calendar.name} is recorded since {format_time(recorded)}, and what is "
            f"younger than 3 h Prometheus still writes itself; try again after {ready:%H:%M} UTC"
        )
    return TimeRange(begin + step + delay, end + delay)


def format_time(seconds: float) -> str:
    """Return Unix seconds as text, in UTC."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _step_end(evaluated: float, accounting: Accounting) -> int:
    """Return the end of the step that an evaluation counted, as quotas/rules/accounting/ does."""
    step = accounting.resolution_seconds
    milliseconds = round(evaluated * 1_000) - 1_000 * accounting.scrape_delay_seconds - 1
    return milliseconds // (1_000 * step) * step


def _first_sample(
    prometheus: PrometheusClient, series: str, start: float, end: float, step: int
) -> float | None:
    """Return the time of the first sample of any of these series, or None.

    The first query finds the hour, the second one the sample in it: a query with each step of a
    month would be too large.
    """
    data = prometheus.ask(
        "/api/v1/query_range",
        query=f"count(count_over_time({series}[1h]))",
        start=str(start + HOUR_SECONDS),
        end=str(end + HOUR_SECONDS),
        step=str(HOUR_SECONDS),
    )
    hours = [float(at) for found in data["result"] for at, _ in found["values"]]
    if not hours:
        return None
    query = f"min(min_over_time((timestamp({series}) > {start})[1h:{step}s]))"
    found = prometheus.ask("/api/v1/query", query=query, time=str(min(hours)))["result"]
    return float(found[0]["value"][1]) if found else None
