"""Quarters of an hour that are over: added to the period that they belong to, for each calendar."""

from quotas import names
from quotas.accounting_options import Accounting
from quotas.calendars import Calendar
from quotas.rule_files.rule import Rule
from quotas.rules.accounting.quarters import fill_template

# The quarters before the newest, as they were closed, or as they were counted again during the
# newest. What was counted again is added to what was healed before it.
_HEALED = """\
max by ($labels, period) (
  label_replace(last_over_time($closed[$lookback] offset $one_before), "by", "steps", "", "")
  or
  sum by ($labels, period) (
      max by ($labels, $quarter) (
        last_over_time((
          last_over_time($recounted[$counted_during] offset -$delay)
        )[$closing:15m] offset $delay)
      )
      * on ($quarter) group_left (period)
      $period_of_quarter
    or
      max by ($labels, period) (
        label_replace(last_over_time($closed[$lookback] offset $all_closed), "by", "steps", "", "")
        or
        last_over_time($healed[$lookback] offset $all_healed)
      )
  )
)
and on (period)
last_over_time($periods[$recent])
and on ()
(vector($delayed % 900) < $closing_seconds)"""

# The quarter that was closed just now, added to what was closed or healed before it.
_CLOSED = """\
max by ($labels, period) (
  label_replace(
    sum by ($labels, period) (
        $newest_quarter
      or (
        last_over_time($closed[$lookback] offset $one_before)
      or
        last_over_time((max_over_time($closed[$longest]))[$two_steps:1h] offset $delay)
      )
    ),
    "by", "steps", "", ""
  )
  or
  sum by ($labels, period) (
      $newest_quarter
    or
      last_over_time($healed[$closing])
  )
)
and on (period)
last_over_time($periods[$recent])
and on ()
(vector($delayed % 900) < $closing_seconds)"""

_NEWEST_QUARTER = """\
(
          last_over_time($open[$closing])
          and on ($quarter)
          count_values("$quarter", floor(vector($delayed / 900)) % $slots)
        )
        * on ($quarter) group_left (period)
        $period_of_quarter"""


def healed_rule(calendar: Calendar, accounting: Accounting) -> Rule:
    """Return the rule for the bytes of each period until the quarter before the newest whole one.

    Steps that were not evaluated are in it, because its quarters were counted again.
    """
    return Rule(
        names.HEALED,
        fill_template(_HEALED, accounting, calendar),
        labels={names.CALENDAR: calendar.name},
    )


def closed_rule(calendar: Calendar, accounting: Accounting) -> Rule:
    """Return the rule for the bytes of each period until the end of the newest whole quarter."""
    return Rule(
        names.CLOSED,
        fill_template(
            _CLOSED,
            accounting,
            calendar,
            newest_quarter=fill_template(_NEWEST_QUARTER, accounting, calendar),
        ),
        labels={names.CALENDAR: calendar.name},
    )
