"""Forecasts: the bytes expected at the end of a period, and the alert if they exceed the limit."""

from collections.abc import Iterable
from textwrap import indent

from quotas import names
from quotas.calendars import DAY_SECONDS, LONGEST_SECONDS, WEEK_SECONDS, Calendar, Kind, Rolling
from quotas.model import QuotaFile
from quotas.promql import either, match_any, selector
from quotas.rule_files.rule import Rule
from quotas.rules.alerts import entry_value, limit_value, match_quotas
from quotas.rules.intervals import interval_seconds
from quotas.units import format_duration

# How long a forecast must exceed the limit before the alert fires.
_FORECAST_FOR_SECONDS: dict[Kind, int] = {"hour": 60, "day": 300, "week": 900, "month": 3_600}
# The spans over which the recent rate is measured, in seconds; the longest that is known counts.
# Long periods have whole days, because traffic differs between day and night.
_RATE_SPANS: dict[Kind, tuple[int, ...]] = {
    "hour": (900, 112, 14),
    "day": (21_600, 2_700, 337),
    "week": (DAY_SECONDS,),
    "month": (WEEK_SECONDS, DAY_SECONDS),
}
# A period must have lasted so long before its forecast can alert. Otherwise a nightly batch on the
# first day would be taken for the pace of the month.
_LEAST_ELAPSED_SECONDS: dict[Kind, int] = {"week": DAY_SECONDS, "month": DAY_SECONDS}
# A rate needs at least this many evaluations between its two values.
LEAST_EVALUATIONS = 5

_RULE_COMMENT = """\
Used so far + recent rate x time left. The recent rate is that of the last seven days of a month,
the last day of a week, or the last quarter of a day or an hour. Before so much is known,
and after the quota began to count other traffic, it is that of a shorter span, or of the period so
far. It is never below zero."""
_ALERT_COMMENT = """\
The forecast was above the limit all the time for a while that fits the period, and not only
because so little of it is over; and the limit itself was not passed yet."""


def forecast_rules(
    quotas: QuotaFile, calendars: Iterable[Calendar | Rolling], reach_seconds: int
) -> list[Rule]:
    """Return the rule for the forecast of all quotas; none if there are only rolling windows.

    Args:
        quotas: all quotas.
        calendars: the calendars that quotas have.
        reach_seconds: how far back the newest value of a quota may be.

    """
    reach = format_duration(reach_seconds)
    queries = [
        _forecast_query(
            kind, calendar_names, reach, interval_seconds(Calendar(kind), quotas.accounting)
        )
        for kind, calendar_names in _names_by_kind(calendars).items()
    ]
    if not queries:
        return []
    return [Rule(names.FORECAST, either(*queries), comment=_RULE_COMMENT)]


def forecast_alerts(
    quotas: QuotaFile, calendars: Iterable[Calendar | Rolling], reach_seconds: int
) -> list[Rule]:
    """Return the alert for all quotas that ask for one; none if no quota does.

    The arguments are those of ``forecast_rules``.
    """
    asking = [quota.name for quota in quotas.quotas if quota.forecast]
    if not asking:
        return []
    quota_matcher = match_quotas(quotas, asking)
    reach = format_duration(reach_seconds)
    lasting = either(
        *(
            _lasting_forecast_query(kind, calendar_names, quota_matcher, reach)
            for kind, calendar_names in _names_by_kind(calendars).items()
        )
    )
    return [
        Rule(
            names.FORECAST_ALERT,
            f"(\n{indent(lasting, '  ')}\n)\n> on ({names.QUOTA}) group_left ()\n"
            f"last_over_time({names.LIMIT}[{reach}])\n"
            f"unless\nlast_over_time({names.RATIO}[{reach}]) >= 1",
            alert=True,
            labels={names.SEVERITY: quotas.severities["warning"]},
            annotations={
                names.SUMMARY: "{{ $labels.quota }} is expected to pass its limit",
                names.DESCRIPTION: (
                    "At the recent pace {{ $labels.quota }} reaches {{ $value | humanize }}B "
                    "by the end of period {{ $labels.period }}."
                ),
                names.USED_BYTES: entry_value(names.USED, reach_seconds),
                names.LIMIT_BYTES: limit_value(reach_seconds),
                names.RATIO_NUMBER: entry_value(names.RATIO, reach_seconds, "%g"),
                names.FORECAST_BYTES: '{{ $value | printf "%.0f" }}',
            },
            comment=_ALERT_COMMENT,
        )
    ]


def _names_by_kind(calendars: Iterable[Calendar | Rolling]) -> dict[Kind, list[str]]:
    """Return the names of calendars by their kind, shortest first. Rolling windows have none."""
    cut = [calendar for calendar in calendars if isinstance(calendar, Calendar)]
    return {
        kind: names_of_kind
        for kind in LONGEST_SECONDS
        if (names_of_kind := [calendar.name for calendar in cut if calendar.kind == kind])
    }


def _forecast_query(
    kind: Kind, calendar_names: list[str], reach: str, interval_seconds: int
) -> str:
    """Return PromQL for the forecast of all quotas whose calendars have this kind."""
    of_kind = selector([match_any(names.CALENDAR, calendar_names)])
    used_range, elapsed_range, left_range = (
        f"{metric}{of_kind}[{reach}]"
        for metric in (names.USED, names.PERIOD_ELAPSED, names.PERIOD_LEFT)
    )
    used, left = f"last_over_time({used_range})", f"last_over_time({left_range})"
    spans = [span for span in _RATE_SPANS[kind] if span >= LEAST_EVALUATIONS * interval_seconds]
    rates = [_rate_query(used, used_range, span, reach) for span in spans]
    # A period that has ended remains until its last step is counted, but has no time left.
    left = f"(topk by ({names.CALENDAR}) (1, {left}) or 0 * {left})"
    by_period = f"on ({names.CALENDAR}, {names.PERIOD}) group_left ()"
    rates.append(f"{used} / {by_period} last_over_time({elapsed_range})")
    return f"{used}\n+\n(\n{indent(either(*rates), '  ')}\n)\n* {by_period} {left}"


def _rate_query(used: str, used_range: str, span_seconds: int, reach: str) -> str:
    """Return PromQL for the rate of quotas that counted the same traffic a span earlier."""
    before = f"offset {format_duration(span_seconds)}"
    selection = f"last_over_time({names.SELECTION}[{reach}]"
    return (
        f"clamp_min({used} - last_over_time({used_range} {before}), 0) / {span_seconds}\n"
        f"unless on ({names.QUOTA})\n"
        f"({selection}) != {selection} {before}))"
    )


def _lasting_forecast_query(
    kind: Kind, calendar_names: list[str], quota_matcher: str, reach: str
) -> str:
    """Return PromQL for the lowest recent forecast, where forecasts already existed before that."""
    of_kind = selector([quota_matcher, match_any(names.CALENDAR, calendar_names)])
    forecast = f"{names.FORECAST}{of_kind}"
    held = format_duration(_FORECAST_FOR_SECONDS[kind])
    before = f"last_over_time({forecast}[{reach}] offset {held})"
    lasting = f"min_over_time({forecast}[{held}]) and {before}"
    if kind not in _LEAST_ELAPSED_SECONDS:
        return lasting
    elapsed = f"{names.PERIOD_ELAPSED}{selector([match_any(names.CALENDAR, calendar_names)])}"
    return (
        f"{lasting}\nand on ({names.CALENDAR}, {names.PERIOD})\n"
        f"(last_over_time({elapsed}[{reach}]) >= {_LEAST_ELAPSED_SECONDS[kind]})"
    )
