"""The bytes of each period so far, from the steps: quarters of an hour, closed ones, and totals.

All periods, in all time zones, begin at a quarter of an hour. So steps are summed up to quarters of
an hour once, whatever the number of calendars, and a period's total is what its closed quarters
hold plus the open one. Every rule takes the larger of several sums, none of which is above the
truth: if an evaluation was missed, or its result is not visible yet, the total is late, not wrong.

``quarter_hour`` is the number of a quarter of an hour since 1970, modulo SLOTS, which is larger
than the number of quarters looked at. A quarter of an hour is named after its end.
"""

from datetime import datetime

from quotas import names
from quotas.accounting_options import QUARTER_SECONDS, Accounting
from quotas.calendars import Calendar
from quotas.rule_files.rule import Rule
from quotas.rules.accounting.quarters import fill_template
from quotas.rules.period_queries import period_queries
from quotas.units import format_duration

_MILLISECOND = 0.001

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

_PERIODS = """\
present_over_time((
  $label
  * on () group_left ($quarter)
  count_values("$quarter", vector((time() / 900) % $slots))
)[$periods_range:15m] offset -$periods_ahead)"""

_TOTAL = """\
max by ($labels, period) (
  label_replace(
    sum by ($labels, period) (
        last_over_time($closed[$lookback])
      or
        (
          last_over_time($open[$recent])
          and on ($quarter)
          count_values("$quarter", (floor(vector($delayed / 900)) + 1) % $slots)
        )
        * on ($quarter) group_left (period)
        $period_of_quarter
      or
        last_over_time($earlier[$lookback])
    ),
    "at", "now", "", ""
  )
  or
  last_over_time($total[$recent])
)
and on (period)
last_over_time($periods[$known])
unless on ()
($held)"""

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


def period_rule(
    calendar: Calendar, accounting: Accounting, now: datetime, *, quarters: int = 2
) -> Rule:
    """Return the rule for the period that a quarter of an hour belongs to.

    Args:
        calendar: the calendar.
        accounting: how bytes are counted.
        now: the time of the compilation.
        quarters: for how many quarters of an hour: the open one, and some before it.

    """
    middle = f"(time() - {QUARTER_SECONDS // 2})"
    label = period_queries(calendar, middle, now).label
    return Rule(
        names.QUARTER_HOUR_PERIOD,
        fill_template(
            _PERIODS,
            accounting,
            label=label,
            # Ranges lack a millisecond, because in Prometheus 2 they include their start.
            periods_range=format_duration(quarters * QUARTER_SECONDS - _MILLISECOND),
        ),
        labels={names.CALENDAR: calendar.name},
    )


def total_rule(calendar: Calendar, accounting: Accounting) -> Rule:
    """Return the rule for the bytes of each period so far."""
    return Rule(
        names.TOTAL,
        fill_template(_TOTAL, accounting, calendar, held=held_query()),
        labels={names.CALENDAR: calendar.name},
    )
