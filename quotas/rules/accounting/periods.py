"""The period of each quarter of an hour, and of now, for each calendar.

The time on a zone's clocks is computed once for each time zone, because its expression lists every
change of the clocks, and costs more than what the calendars compute from the time.
"""

from collections.abc import Iterable
from datetime import datetime

from quotas import names
from quotas.accounting_options import QUARTER_SECONDS, Accounting
from quotas.calendars import Calendar
from quotas.promql import match_any, selector
from quotas.rule_files.rule import Rule
from quotas.rules.accounting.quarters import fill_template
from quotas.rules.period_queries import period_labels
from quotas.rules.timezones import has_changes, local_time

_MIDDLE = QUARTER_SECONDS // 2

# A zone's clocks change only at the end of a quarter of an hour, so its middle stands for it.
_LOCAL_TIMES = """\
last_over_time((
  ($local)
  * count_values("$quarter", vector((time() / 900) % $slots))
)[$local_range:15m] offset -$local_ahead)"""

_LOCAL_NOW = """\
(max(
  $local_times
  and on ($quarter)
  count_values("$quarter", (floor(vector(time() / 900)) + 1) % $slots)
) + time() % 900 - $middle)"""


def local_time_rules(
    calendars: Iterable[Calendar], accounting: Accounting, now: datetime
) -> list[Rule]:
    """Return the rules for the time on the clocks of each time zone, compiled at a time.

    They cover the open quarter of an hour, the next one, and those that can still gain bytes.
    """
    zones = sorted({"UTC", *(calendar.timezone for calendar in calendars)})
    return [
        Rule(
            names.LOCAL_TIME,
            fill_template(
                _LOCAL_TIMES,
                accounting,
                local=local_time(zone, f"time() - {_MIDDLE}", now),
            ),
            labels={names.TIMEZONE: zone},
            comment="" if number else "What clocks show in the middle of quarters of an hour.",
        )
        for number, zone in enumerate(zones)
    ]


def period_rule(calendar: Calendar, accounting: Accounting) -> Rule:
    """Return the rule for the periods that quarters of an hour belong to."""
    local, utc = (_local_times(zone, accounting) for zone in (calendar.timezone, "UTC"))
    return Rule(
        names.QUARTER_HOUR_PERIOD,
        period_labels(calendar, local, utc, by=names.QUARTER_HOUR),
        labels={names.CALENDAR: calendar.name},
    )


def local_now(calendar: Calendar, accounting: Accounting) -> str:
    """Return PromQL for what the clocks of a calendar show: a vector with one element at most.

    Where clocks never change it is empty, because nothing is cheaper than adding the offset.
    """
    if not has_changes(calendar.timezone):
        return ""
    local_times = _local_times(calendar.timezone, accounting)
    return fill_template(_LOCAL_NOW, accounting, local_times=local_times, middle=str(_MIDDLE))


def _local_times(zone: str, accounting: Accounting) -> str:
    of_zone = selector([match_any(names.TIMEZONE, [zone])])
    return fill_template(
        "last_over_time($local_time$of_zone[$recent])", accounting, of_zone=of_zone
    )
