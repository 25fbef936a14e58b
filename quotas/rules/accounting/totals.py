"""The bytes of each period so far, from the steps: quarters of an hour, closed ones, and totals.

All periods, in all time zones, begin at a quarter of an hour. So steps are summed up to quarters of
an hour once, whatever the number of calendars, and a period's total is what its closed quarters
hold plus the open one. Every rule takes the larger of several sums, none of which is above the
truth: if an evaluation was missed, or its result is not visible yet, the total is late, not wrong.

``quarter_hour`` is the number of a quarter of an hour since 1970, modulo a number that is larger
than the number of quarters looked at. A quarter of an hour is named after its end.
"""

from datetime import datetime
from string import Template

from quotas import names
from quotas.accounting_options import QUARTER_SECONDS, Accounting
from quotas.calendars import Calendar
from quotas.promql import match_any, selector
from quotas.rule_files.rule import Rule
from quotas.rules.period_queries import period_queries
from quotas.units import format_duration

_MILLISECOND = 0.001
_LABELS = ", ".join(names.SELECTOR_LABELS)
# For how long quarters are closed again with what has become visible since.
_LEAST_CLOSING_SECONDS, _MOST_CLOSING_SECONDS = 300, 450
_CLOSING_STEPS = 5
_LOOKBACK = "2h"

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

# The quarters that were closed just now: the newest one, and all that were counted again. Both are
# added to what was closed before them.
_CLOSED = """\
max by ($labels, period) (
  label_replace(
    sum by ($labels, period) (
        (
          last_over_time($open[$closing])
          and on ($quarter)
          count_values("$quarter", floor(vector($delayed / 900)) % $slots)
        )
        * on ($quarter) group_left (period)
        last_over_time($periods[$recent])
      or
        last_over_time($closed[$lookback] offset $one_before)
      or
        last_over_time((max_over_time($closed[$longest]))[$two_steps:1h] offset $delay)
    ),
    "by", "steps", "", ""
  )
  or
  sum by ($labels, period) (
      last_over_time($recounted[8m])
      * on ($quarter) group_left (period)
      last_over_time($periods[$recent])
    or
      last_over_time($closed[$lookback] offset $all_before)
  )
)
and on (period)
last_over_time($periods[$recent])
and on ()
(vector($delayed % 900) < $closing_seconds)"""

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
        last_over_time($periods[$recent])
      or
        last_over_time($earlier[$lookback])
    ),
    "at", "now", "", ""
  )
  or
  last_over_time($total[$recent])
)
and on (period)
last_over_time($periods[$recent])
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


def period_rule(calendar: Calendar, accounting: Accounting, now: datetime) -> Rule:
    """Return the rule for the period that each quarter of an hour belongs to."""
    middle = f"(time() - {QUARTER_SECONDS // 2})"
    label = period_queries(calendar, middle, now).label
    return Rule(
        names.QUARTER_HOUR_PERIOD,
        fill_template(_PERIODS, accounting, label=label),
        labels={names.CALENDAR: calendar.name},
    )


def closed_rule(calendar: Calendar, accounting: Accounting) -> Rule:
    """Return the rule for the bytes of each period until the end of the newest whole quarter."""
    return Rule(
        names.CLOSED,
        fill_template(_CLOSED, accounting, calendar),
        labels={names.CALENDAR: calendar.name},
    )


def total_rule(calendar: Calendar, accounting: Accounting) -> Rule:
    """Return the rule for the bytes of each period so far."""
    return Rule(
        names.TOTAL,
        fill_template(_TOTAL, accounting, calendar, held=held_query()),
        labels={names.CALENDAR: calendar.name},
    )


def fill_template(
    template: str, accounting: Accounting, calendar: Calendar | None = None, **holes: str
) -> str:
    """Return a template with the durations and series of an accounting, and of a calendar."""
    step, quarters = accounting.resolution_seconds, accounting.recounted_quarters
    delay = accounting.scrape_delay_seconds + _MILLISECOND
    closing = min(_MOST_CLOSING_SECONDS, max(_LEAST_CLOSING_SECONDS, _CLOSING_STEPS * step))
    of_calendar = selector([match_any(names.CALENDAR, [calendar.name])]) if calendar else ""
    # A period can still gain bytes for some quarters of an hour after its end.
    longest = (calendar.longest_period_seconds if calendar else 0) + (
        quarters + 2
    ) * QUARTER_SECONDS
    return Template(template).substitute(
        holes,
        labels=_LABELS,
        quarter=names.QUARTER_HOUR,
        delta=names.DELTA,
        step_end=names.STEP_END,
        open=names.OPEN,
        recounted=names.RECOUNTED,
        closed=names.CLOSED + of_calendar,
        total=names.TOTAL + of_calendar,
        earlier=names.EARLIER + of_calendar,
        periods=names.QUARTER_HOUR_PERIOD + of_calendar,
        calendar=of_calendar,
        slots=str(quarters + 3),
        seconds=str(step),
        step=format_duration(step),
        two_steps=format_duration(2 * step),
        recent=format_duration(3 * step),
        delay=format_duration(delay),
        delayed=f"(time() - {delay})",
        newest=f"(time() - {delay} - (time() - {delay}) % {step})",
        # A step is recorded within one step after its end and the delay.
        recorded=format_duration(step + accounting.scrape_delay_seconds),
        # Ranges lack a millisecond, because in Prometheus 2 they include their start.
        open_range=format_duration(QUARTER_SECONDS + 3 * step - _MILLISECOND),
        recounted_range=format_duration(quarters * QUARTER_SECONDS - _MILLISECOND),
        rules_before=format_duration(2 * accounting.gap_tolerance_seconds + QUARTER_SECONDS),
        periods_range=format_duration((quarters + 1) * QUARTER_SECONDS - _MILLISECOND),
        periods_ahead=format_duration(QUARTER_SECONDS - delay),
        closing=format_duration(closing + step),
        closing_seconds=str(closing),
        one_before=format_duration(_MOST_CLOSING_SECONDS),
        all_before=format_duration((quarters - 1) * QUARTER_SECONDS + _MOST_CLOSING_SECONDS),
        lookback=_LOOKBACK,
        longest=format_duration(longest),
    )
