"""The bytes of each period so far, from the steps: quarters of an hour, closed ones, and totals.

All periods, in all time zones, begin at a quarter of an hour. So steps are summed up to quarters of
an hour once, whatever the number of calendars, and a period's total is what its closed quarters
hold plus the open one. Every rule takes the larger of several sums, none of which is above the
truth: if an evaluation was missed, or its result is not visible yet, the total is late, not wrong.

``quarter_hour`` is the number of a quarter of an hour since 1970, modulo SLOTS, which is larger
than the number of quarters looked at. A quarter of an hour is named after its end.
"""

from quotas import names
from quotas.accounting_options import Accounting
from quotas.calendars import Calendar
from quotas.rule_files.rule import Rule
from quotas.rules.accounting.quarters import fill_template

_OPEN = """\
sum_over_time((
  (
    last_over_time($delta{calendar=""}[$step] offset -$recorded)
    and on ()
    (last_over_time($step_end[$step] offset -$recorded) == time())
  )
  * on () group_left ($quarter)
  count_values("$quarter", (floor(vector((time() - $seconds) / 900)) + 1) % $slots)
)[$open_range:$step] offset $delay)
and on ($quarter)
(
  count_values("$quarter", (floor(vector(($newest - $seconds) / 900)) + 1) % $slots)
  or
  count_values("$quarter", (floor(vector(($newest - 4 * $seconds) / 900)) + 1) % $slots)
)"""

_TOTAL = """\
max by ($labels, period) (
  label_replace(
    sum by ($labels, period) (
        last_over_time($closed[$lookback])
      or (
        (
          last_over_time($open[$recent])
          and on ($quarter)
          count_values("$quarter", (floor(vector($delayed / 900)) + 1) % $slots)
        )
        * on ($quarter) group_left (period)
        $period_of_quarter
      or
        last_over_time($earlier[$lookback])
      )
    ),
    "at", "now", "", ""
  )
  or
  last_over_time($total[$recent])
)
and on (period)
last_over_time($counted_periods[$recent])"""

# Earlier rules have counted until a moment ago, and what they counted has not been added up yet.
_HELD = (
    f"last_over_time({names.EARLIER_STEP_END}[1h])\nunless on ()\n"
    f"last_over_time({names.EARLIER_READ}[1h])"
)


def held_query() -> str:
    """Return PromQL that has an element while totals are held back after an upgrade."""
    return _HELD


def open_rule(accounting: Accounting) -> Rule:
    """Return the rule for the bytes of the open quarter of an hour, and of one just over."""
    return Rule(
        names.OPEN,
        fill_template(_OPEN, accounting),
        comment="Bytes of the open quarter of an hour so far; each step once.",
    )


def total_rule(calendar: Calendar, accounting: Accounting) -> Rule:
    """Return the rule for the bytes of each period so far."""
    return Rule(
        names.TOTAL,
        fill_template(_TOTAL, accounting, calendar),
        labels={names.CALENDAR: calendar.name},
    )
