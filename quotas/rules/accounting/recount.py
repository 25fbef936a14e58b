"""What is counted once in a quarter of an hour, because it costs most.

All steps of the newest quarters of an hour are counted again, so that those without an evaluation
count too, and what earlier rules and backfills recorded is added up.
"""

from collections.abc import Sequence

from quotas import names
from quotas.accounting_options import Accounting
from quotas.calendars import Calendar
from quotas.rule_files.rule import Rule
from quotas.rules.accounting.steps import step_query
from quotas.rules.accounting.totals import fill_template
from quotas.units import format_duration

# To count a quarter of an hour again takes longer than a step of a second.
_LEAST_INTERVAL_SECONDS = 60

# The outer subquery has a point only just after the end of a quarter of an hour. So Prometheus
# counts again only then, although it evaluates the rule more often.
_RECOUNTED = """\
last_over_time((
  sum_over_time((
    (
      (
$counted
      )
      and on ()
      last_over_time($step_end[$rules_before])
    )
    * on () group_left ($quarter)
    count_values("$quarter", (floor(vector((time() - $seconds) / 900)) + 1) % $slots)
  )[$recounted_range:$step])
)[$boundary:15m] offset $delay)"""

_EARLIER = """\
last_over_time((
  sum by ($labels, period) (sum_over_time($delta$calendar[$longest]))
)[$boundary:15m] offset $delay)"""

# The end of the quarter of an hour at which all that has been done.
_READ = "last_over_time((vector(time()))[$boundary:15m] offset $delay)"


def recount_interval(accounting: Accounting) -> int:
    """Return how often the rules that count again are evaluated, in seconds."""
    return max(accounting.resolution_seconds, _LEAST_INTERVAL_SECONDS)


def recount_rules(calendars: Sequence[Calendar], accounting: Accounting) -> list[Rule]:
    """Return the rules that are evaluated once in a quarter of an hour and cost most."""
    boundary = format_duration(2 * recount_interval(accounting))
    recounted = Rule(
        names.RECOUNTED,
        fill_template(_RECOUNTED, accounting, counted=step_query(accounting), boundary=boundary),
        comment="Bytes of each of the newest quarters of an hour, counted again at its end.",
    )
    earlier = [
        Rule(
            names.EARLIER,
            fill_template(_EARLIER, accounting, calendar, boundary=boundary),
            labels={names.CALENDAR: calendar.name, names.COUNTED: names.COUNTED_EARLIER},
            comment="" if number else "Steps of earlier rules, and of a backfill.",
        )
        for number, calendar in enumerate(calendars)
    ]
    read = Rule(names.EARLIER_READ, fill_template(_READ, accounting, boundary=boundary))
    return [*([recounted] if accounting.catch_up else []), *earlier, read]
