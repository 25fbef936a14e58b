"""What is evaluated only every quarter of an hour, because it costs most.

All steps of the newest quarters of an hour are counted again, so that those without an evaluation
count too, and what earlier rules and backfills recorded is added up. When in a quarter of an hour
that happens is up to the ruler.
"""

from collections.abc import Sequence

from quotas import names
from quotas.accounting_options import QUARTER_SECONDS, Accounting
from quotas.calendars import Calendar
from quotas.rule_files.rule import Rule
from quotas.rules.accounting.quarters import fill_template
from quotas.rules.accounting.steps import step_query
from quotas.units import format_duration

RECOUNT_SECONDS = QUARTER_SECONDS
_MILLISECOND = 0.001

# Several rules, because Prometheus holds all steps of a subquery in memory; few, because each
# repeats a long expression.
_MOST_RULES = 3

# The outer subquery has one point: the newest end of a quarter of an hour, or an older one.
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
  )[$quarters_range:$step])
)[15m:15m] offset $behind)"""

_EARLIER = "sum by ($labels, period) (sum_over_time($delta$calendar[$longest]))"


def recount_rules(calendars: Sequence[Calendar], accounting: Accounting) -> list[Rule]:
    """Return the rules that are evaluated every RECOUNT_SECONDS."""
    counted_again = accounting.recounted_quarters * accounting.catch_up
    at_once = -(-counted_again // _MOST_RULES)
    recounted = [
        Rule(
            names.RECOUNTED,
            _recounted_query(accounting, first, min(at_once, counted_again - first)),
            # Another series than that of the rule which counted this quarter again before.
            labels={names.COUNTED: f"{names.COUNTED_AGAIN}-{first}"},
            comment="" if first else "Bytes of the newest quarters of an hour, counted again.",
        )
        for first in range(0, counted_again, at_once or 1)
    ]
    earlier = [
        Rule(
            names.EARLIER,
            fill_template(_EARLIER, accounting, calendar),
            labels={names.CALENDAR: calendar.name, names.COUNTED: names.COUNTED_EARLIER},
            comment="" if number else "Steps of earlier rules, and of a backfill.",
        )
        for number, calendar in enumerate(calendars)
    ]
    read = Rule(names.EARLIER_READ, "vector(time())", comment="When that was added up.")
    return [*recounted, *earlier, read]


def _recounted_query(accounting: Accounting, before_newest: int, quarters: int) -> str:
    # Ranges lack a millisecond, because in Prometheus 2 they include their start.
    delay_seconds = accounting.scrape_delay_seconds + _MILLISECOND
    return fill_template(
        _RECOUNTED,
        accounting,
        counted=step_query(accounting),
        quarters_range=format_duration(quarters * QUARTER_SECONDS - _MILLISECOND),
        behind=format_duration(delay_seconds + before_newest * QUARTER_SECONDS),
    )
