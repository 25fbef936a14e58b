"""Fill a folder with the blocks of a backfill.

It takes three passes, since quotas read deltas, and ratios and forecasts read quotas. The first
pass reads the Prometheus that has the counters. Each later pass reads a Prometheus of our own that
runs over the blocks of the earlier passes.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from local.backfill.forwarding import forwarding
from local.backfill.promtool import RulesPass, evaluate, prometheus_over
from local.backfill.ranges import BackfillError, TimeRange, missing_range
from quotas import names
from quotas.calendars import MONTH, Calendar, Rolling, period_at
from quotas.model import QuotaFile
from quotas.prometheus.client import PrometheusClient
from quotas.prometheus.endpoint import Endpoint
from quotas.rules.compiler import compile_rules

DELTAS = RulesPass("deltas", frozenset({names.DELTA, names.PERIOD_ELAPSED, names.PERIOD_LEFT}))
USAGE = RulesPass("what quotas have used", frozenset({names.USED, names.LIMIT}))
RATIOS = RulesPass("ratios and forecasts", frozenset({names.RATIO, names.FORECAST}))


def backfill(
    endpoint: Endpoint,
    quotas: QuotaFile,
    folder: Path,
    *,
    now: datetime,
    start: datetime | None = None,
    deltas_only: bool = False,
) -> dict[str, TimeRange]:
    """Write blocks into a folder and print the progress.

    Args:
        endpoint: the Prometheus that has the counters and has loaded the rules.
        quotas: the quotas whose rules are evaluated.
        folder: where the blocks go; it must be empty or absent.
        now: the current time.
        start: where to start; by default the start of each calendar's current period.
        deltas_only: leave out the usage of quotas, their ratios and forecasts.

    Returns:
        By calendar, at which times the rules were evaluated. Calendars without a gap are left out.

    Raises:
        BackfillError: the folder is not empty, the rules have recorded nothing yet, or the gap is
            too recent.
        PrometheusError: the Prometheus cannot be reached, or its answer is not usable.
        StackError: promtool or our own Prometheus failed.

    """
    if folder.exists() and any(folder.iterdir()):
        raise BackfillError(f"{folder} is not empty; name another folder with --out")
    rules = compile_rules(quotas, now, live=False)
    prometheus = PrometheusClient(endpoint)
    ranges = {
        calendar.name: found
        for calendar, since in _counted_calendars(quotas, now)
        if (found := missing_range(prometheus, quotas.accounting, calendar, start or since, now))
    }
    if not ranges:
        return {}
    folder.mkdir(parents=True, exist_ok=True)
    print(f"{DELTAS.title}, from {endpoint.url}", flush=True)
    with forwarding(endpoint) as url:
        evaluate(url, rules, DELTAS, ranges, folder)
    for later in () if deltas_only else (USAGE, RATIOS):
        print(f"{later.title}, from these", flush=True)
        with prometheus_over(folder) as own_url:
            evaluate(own_url, rules, later, _with_rolling(quotas, ranges), folder)
    return ranges


def _counted_calendars(quotas: QuotaFile, now: datetime) -> Iterator[tuple[Calendar, datetime]]:
    """Yield each calendar that deltas are recorded for, and where its backfill starts."""
    used = {quota.calendar for quota in quotas.quotas} | {MONTH}
    windows = [calendar.seconds for calendar in used if isinstance(calendar, Rolling)]
    for calendar in sorted(used, key=lambda known: known.name):
        if isinstance(calendar, Calendar):
            begin = period_at(calendar, now).start
            if calendar == MONTH:
                # Rolling windows have no deltas of their own: they read those of the month.
                begin = min([begin, *(now - timedelta(seconds=window) for window in windows)])
            yield calendar, begin


def _with_rolling(quotas: QuotaFile, ranges: dict[str, TimeRange]) -> dict[str, TimeRange]:
    windows = {q.calendar.name for q in quotas.quotas if isinstance(q.calendar, Rolling)}
    month = ranges.get(MONTH.name)
    return ranges | (dict.fromkeys(windows, month) if month else {})
