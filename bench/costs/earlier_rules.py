"""The accounting rule of the version that counted each step once for each calendar.

It stays here as it was, to compare the cost of today's rules with it.
"""

from datetime import datetime
from string import Template

from quotas import names
from quotas.accounting_options import Accounting
from quotas.calendars import Calendar
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
