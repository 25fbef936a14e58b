"""The rules of the version that counted each step once for each calendar, and summed it up again.

They stay here as they were, to compare the cost of today's rules with them.
"""

from datetime import datetime
from string import Template

from quotas import names
from quotas.accounting_options import Accounting
from quotas.calendars import Calendar
from quotas.model import Quota
from quotas.promql import match_any, match_none, selector
from quotas.rule_files.rule import Rule
from quotas.rules.period_queries import period_queries
from quotas.units import format_duration

_DELTA = """\
last_over_time((
sum by (service, route, consumer, workspace, direction) (
    (last_over_time($raw[$step]) < max_over_time($raw[$step]))
    * on (job, instance) group_left (since)
    (
      label_replace(max_over_time(up[$gap] offset $step) == 1, "since", "reset", "", "")
      or
      max_over_time(up[$step]) == 1
      unless on (job, instance) (max_over_time(up[$gap] offset $step) == 1)
    )
  or
    (
      max_over_time($raw[$step])
      -
      (
          $raw offset $step
        or
          last_over_time($raw[$gap] offset $step)
          and on (job, instance)
          (max_over_time(up[$step]) == 1 unless on (job, instance) (up offset $step == 1))
        or
          min_over_time($raw[$step])
          and on (job, instance)
          (
            max_over_time(up[$step]) == 1
            unless on (job, instance) (max_over_time(up[$gap] offset $step) == 1)
          )
      )
    ) >= 0
  or
    max_over_time($raw[$step])
    and on (job, instance)
    (max_over_time(up[$gap] offset $step) == 1)
)
* on () group_left (period)
$label
)[$step:$step] offset $delay)"""

_USED = """\
(
  sum by ($by) (sum_over_time($deltas[$longest]))
  or
  $zero
)
and on (period)
$periods"""
_ZERO_OF_EACH = """\
0 * sum by ($each) (last_over_time($deltas[$recent]))
  * on () group_left (period) bottomk(1, $periods)"""
_LONG_SECONDS = 90_000


def earlier_delta_rule(calendar: Calendar, accounting: Accounting, now: datetime) -> Rule:
    """Return the rule for the bytes of the newest complete step, for one calendar."""
    began = f"(time() - {accounting.resolution_seconds})"
    query = Template(_DELTA).substitute(
        raw=names.GATEWAY_BYTES,
        step=format_duration(accounting.resolution_seconds),
        gap=format_duration(accounting.gap_tolerance_seconds),
        delay=format_duration(accounting.scrape_delay_seconds + 0.001),
        label=period_queries(calendar, began, now).label,
    )
    return Rule(names.DELTA, query, labels={names.CALENDAR: calendar.name})


def earlier_used_rule(quota: Quota, accounting: Accounting) -> Rule:
    """Return the rule for what a quota has used in its period, from the steps of its calendar."""
    calendar = quota.calendar
    interval = accounting.resolution_seconds * (
        5 if calendar.longest_period_seconds > _LONG_SECONDS else 1
    )
    lingering = accounting.lag_seconds + accounting.resolution_seconds + interval
    matchers = [match_any(names.CALENDAR, [calendar.name])]
    matchers += [
        match_any(label, match.values) for label, match in quota.selector.items() if match.values
    ]
    matchers += [match_none(label, [""]) for label in quota.for_each]
    deltas = f"{names.DELTA}{selector(matchers)}"
    by = ", ".join(quota.for_each)
    zero = _ZERO_OF_EACH if quota.for_each else "0 * $periods"
    elapsed = f"{names.PERIOD_ELAPSED}{selector(matchers[:1])}[{format_duration(lingering)}]"
    holes = {
        "deltas": deltas,
        "recent": format_duration(lingering),
        "longest": format_duration(calendar.longest_period_seconds + lingering),
        "each": by,
        "by": ", ".join([names.PERIOD, *quota.for_each]),
        "periods": f"max by (period) (last_over_time({elapsed}))",
    }
    holes["zero"] = Template(zero).substitute(holes)
    return Rule(
        names.USED,
        Template(_USED).substitute(holes),
        labels={names.QUOTA: quota.name, names.CALENDAR: calendar.name},
    )
