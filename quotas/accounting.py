"""Accounting: from Kong's counters to the bytes that were moved, none lost and none twice.

Why not ``increase()``: Kong creates a series at its first request, and ``increase()`` ignores a
series' first value, extrapolates, and loses what happens between two windows. The expression here
takes the difference of two looks at one counter, one step apart: what one step sees last is what
the next step starts from, so nothing falls between them.
"""

from string import Template

from quotas import names
from quotas.durations import format_duration
from quotas.model import Accounting

BY = f"({names.SERVICE}, {names.ROUTE}, {names.CONSUMER}, {names.WORKSPACE}, {names.DIRECTION})"

# How the expression works, for the rule file and for whoever reads it here.
EXPLANATION = """\
Bytes moved in one step, from $resolution + $delay ago until $delay ago, summed over the gateways.
 1. A counter's highest value in this step, minus its value one step before. Where the gateway
    was not up one step before (failed scrapes, a partition, a restart of Prometheus), its last
    value of the past $gap: what was moved meanwhile is caught up.
 2. A counter that is new, or below its value before, started at zero: all of it counts.
 3. A gateway that was not seen for $gap counts $unknown
 4. A counter that fell within the step was reset there: what it counted since is added.
The delay lets scrapes end that began in the step: their samples carry the time of their start."""

_UNKNOWN = {
    False: "from its first scrape: it may have run for a year.",
    True: "all of it, if its job was up a step earlier and it was not a target then.",
}

# The gateways that cannot have counted anything before their job was watched.
_KNOWN = Template("(max_over_time(up[$gap] offset $before) == 1)")
# With them, those that are new to a job that was up already. A job's first scrapes are spread over
# an interval, hence the further step; a target of long ago that failed since is not new.
_KNOWN_OR_NEW = Template("""\
(
          max_over_time(up[$gap] offset $before) == 1
          or
          max_over_time(up[$resolution]$offset) == 1
          and on (job)
          (max_over_time(up[$gap] offset $before_before) == 1)
          unless on (job, instance)
          (
            present_over_time(up[$gap] offset $before_gap)
            or
            present_over_time(up[$gap] offset $before)
            unless on (job)
            (max_over_time(up[$gap] offset $before_gap) == 1)
          )
        )""")

# Rows 1 to 4 of the explanation, top to bottom. `m offset` is absent where the last scrape failed
# or no longer had the counter; only in the first case may an older value stand in for it.
# The part of a step after a reset (4) is told apart by a label, so that it adds up with the rest.
_EXPRESSION = Template("""\
sum by $by (
      (
        max_over_time($m[$resolution]$offset)
        -
        (
            $m offset $before
          or
            (
              last_over_time($m[$gap] offset $before)
              unless on (job, instance)
              (up offset $before == 1)
            )
        )
      ) >= 0
    or
      (
        max_over_time($m[$resolution]$offset)
        and on (job, instance)
        $known
      )
    or
      (
        last_over_time($m[$resolution]$offset)
        -
        min_over_time($m[$resolution]$offset)
      )
    or
      label_replace(
        last_over_time($m[$resolution]$offset) < max_over_time($m[$resolution]$offset)
        and on (job, instance)
        $known,
        "since", "reset", "", ""
      )
)""")


def delta_query(
    accounting: Accounting,
    *,
    matchers: str = "",
    delay_seconds: int | None = None,
    step_seconds: float | None = None,
) -> str:
    """Return PromQL for the bytes of one step, by service, route, consumer, workspace, direction.

    Args:
        accounting: the step, the gap tolerance and what a new gateway counts.
        matchers: the selector that the counters must match, ``{...}`` or nothing.
        delay_seconds: how long before the evaluation the step ends; by default the accounting's.
        step_seconds: how long the step is, to the millisecond; by default the resolution.

    """
    step = accounting.resolution_seconds if step_seconds is None else step_seconds
    delay = accounting.scrape_delay_seconds if delay_seconds is None else delay_seconds
    holes = {
        "resolution": format_duration(step),
        "offset": f" offset {format_duration(delay)}" if delay else "",
        "before": format_duration(step + delay),
        "gap": format_duration(accounting.gap_tolerance_seconds),
    }
    known = _KNOWN_OR_NEW if accounting.count_new_targets else _KNOWN
    return _EXPRESSION.substitute(
        holes,
        by=BY,
        m=names.GATEWAY_BYTES + matchers,
        known=known.substitute(
            holes,
            before_before=format_duration(2 * step + delay),
            before_gap=format_duration(step + delay + accounting.gap_tolerance_seconds),
        ),
    )


def explain(accounting: Accounting) -> str:
    """Return the explanation that stands above the expression in the rule file."""
    return Template(EXPLANATION).substitute(
        resolution=format_duration(accounting.resolution_seconds),
        delay=format_duration(accounting.scrape_delay_seconds),
        gap=format_duration(accounting.gap_tolerance_seconds),
        unknown=_UNKNOWN[accounting.count_new_targets],
    )
