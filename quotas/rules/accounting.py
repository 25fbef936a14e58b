"""Accounting: from Kong's counters to the bytes that were moved, none lost and none twice.

Why not ``increase()``: Kong creates a series at its first request, and ``increase()`` ignores a
series' first value, extrapolates, and loses what happens between two windows. The expression here
takes the difference of two looks at one counter, one step apart: what one step sees last is what
the next step starts from, so nothing falls between them.
"""

from string import Template

from quotas import names
from quotas.model import Accounting
from quotas.units import format_duration

BY = f"({names.SERVICE}, {names.ROUTE}, {names.CONSUMER}, {names.WORKSPACE}, {names.DIRECTION})"

_MILLISECOND = 0.001

# How the expression works, for the rule file and for whoever reads it here.
EXPLANATION = """\
Bytes moved in one step of $resolution, summed over the gateways.
 1. A counter's highest value in the step, minus its value when the step began. Where the gateway
    was not up then (failed scrapes, a partition, a restart of Prometheus), minus its last value
    of the past $gap: what was moved meanwhile is caught up.
 2. A counter that is new, or below its value before, started at zero: all of it counts.
 3. A gateway that was not seen for $gap counts
    $unknown
 4. A counter that fell within the step was reset there: what it counted since is added.
Steps are whole ($resolution:$resolution), so that none lies in two periods. They are looked at
$delay after their end, since a sample carries the time at which its scrape began."""

_UNKNOWN = {
    False: "from its first scrape: it may have run for a year.",
    True: "all of it, if its job was up a step earlier and it was not a target then.",
}

# The gateways that cannot have counted anything before their job was watched.
_KNOWN = "max_over_time(up[$gap] offset $step) == 1"
# With them, those that are new to a job that was up already. A job's first scrapes are spread over
# an interval, hence the further step; a target of long ago that failed since is not new.
_KNOWN_OR_NEW = """\
max_over_time(up[$gap] offset $step) == 1
        or
        max_over_time(up[$step]) == 1
        and on (job)
        (max_over_time(up[$gap] offset $two_steps) == 1)
        unless on (job, instance)
        (
          present_over_time(up[$gap] offset $gap_and_step)
          or
          present_over_time(up[$gap] offset $step)
          unless on (job)
          (max_over_time(up[$gap] offset $gap_and_step) == 1)
        )"""

# Each look at a range costs about as much as increase() of all counters, so there are few: three
# at the highest value and one each at the lowest, the last, that of the step before and that of
# the gap. What is joined to them by job and instance is nearly always empty, and then costs
# nothing: gateways that are back after a while (1), unknown ones (3), counters that fell (4).
#
# A counter that fell is first: of an unknown gateway, what it counts since is all that is certain,
# so it must not reach (1); of a known one it is added to (1), for which the label since tells the
# two apart. `m offset` is absent where the last scrape failed or no longer had the counter; only in
# the first case may an older value stand in for it.
_EXPRESSION = Template("""\
sum by $by (
    # 4
    (last_over_time($m[$step]) < max_over_time($m[$step]))
    * on (job, instance) group_left (since)
    (
      label_replace($known, "since", "reset", "", "")
      or
      $unknown
    )
  or
    # 1
    (
      max_over_time($m[$step])
      -
      (
          $m offset $step
        or
          last_over_time($m[$gap] offset $step)
          and on (job, instance)
          (max_over_time(up[$step]) == 1 unless on (job, instance) (up offset $step == 1))
        or
          # 3
          min_over_time($m[$step])
          and on (job, instance)
          ($unknown)
      )
    ) >= 0
  or
    # 2
    max_over_time($m[$step])
    and on (job, instance)
    ($known)
)""")


# What a step that holds one scrape at most needs: compared with the one before, each is exact, and
# there is no fall within the step to look for. A counter of a gateway that was started anew counts
# from zero even where it is larger than before already; only the gateway itself can tell. It is
# looked at as it is, not over a range, since one that is gone counted before that. Where the
# gateway was not up when the step began, requests of several starts may be found: the least of
# them is not of a later start.
_SHORT_EXPRESSION = Template("""\
sum by $by (
    $m
    and on (job, instance)
    (
      max by (job, instance) ($requests)
      < on (job, instance)
      (
        max by (job, instance) ($requests offset $step)
        or
        min by (job, instance) (last_over_time($requests[$gap] offset $step))
      )
    )
  or
    # 1
    (
      last_over_time($m[$step])
      -
      (
          $m offset $step
        or
          last_over_time($m[$gap] offset $step)
          and on (job, instance)
          (max_over_time(up[$step]) == 1 unless on (job, instance) (up offset $step == 1))
        or
          # 3
          min_over_time($m[$step])
          and on (job, instance)
          ($unknown)
      )
    ) >= 0
  or
    # 2
    last_over_time($m[$step])
    and on (job, instance)
    ($known)
)""")
# The usual scrape interval.
LONGEST_SHORT_STEP_SECONDS = 15


def step_query(
    accounting: Accounting, *, matchers: str = "", step_seconds: float | None = None
) -> str:
    """Return PromQL for the bytes of the step that ends at the time of the evaluation.

    The result is by service, route, consumer, workspace and direction.

    Args:
        accounting: the gap tolerance, what a new gateway counts, and the step.
        matchers: the selector that the counters must match, ``{...}`` or nothing.
        step_seconds: how long the step is, to the millisecond; by default the resolution.

    """
    step = accounting.resolution_seconds if step_seconds is None else step_seconds
    gap = accounting.gap_tolerance_seconds
    holes = {
        "step": format_duration(step),
        "two_steps": format_duration(2 * step),
        "gap": format_duration(gap),
        "gap_and_step": format_duration(gap + step),
    }
    known = Template(_KNOWN_OR_NEW if accounting.count_new_targets else _KNOWN).substitute(holes)
    expression = _SHORT_EXPRESSION if step <= LONGEST_SHORT_STEP_SECONDS else _EXPRESSION
    return expression.substitute(
        holes,
        by=BY,
        requests=names.GATEWAY_REQUESTS,
        m=names.GATEWAY_BYTES + matchers,
        known=known,
        unknown=f"max_over_time(up[{holes['step']}]) == 1 unless on (job, instance) ({known})",
    )


def recorded_query(accounting: Accounting, period_label: str, *, live: bool = True) -> str:
    """Return PromQL for the newest whole step, labelled with the period in which it began.

    Args:
        accounting: how bytes are counted.
        period_label: a vector of one element, 1, that has the label; its time is that of the
            step's end.
        live: it is evaluated as time goes on; over the past, what was counted of other calendars
            meanwhile says nothing.

    """
    step = format_duration(accounting.resolution_seconds)
    delay = format_duration(_delay_seconds(accounting))
    newest = (
        f"last_over_time((\n{step_query(accounting)}\n"
        f"* on () group_left ({names.PERIOD})\n{period_label}\n"
        f")[{step}:{step}] offset {delay})"
    )
    if not live:
        return newest
    gap = format_duration(accounting.gap_tolerance_seconds)
    # Where evaluations come closer together than a step (rules were moved, Prometheus was updated,
    # the step or the delay was changed), a step that was counted already is not counted again.
    half = accounting.resolution_seconds / 2
    return (
        f"{newest}\nunless on ()\n"
        f"(last_over_time({names.COUNTED_UNTIL}[{gap}]) > {_step_end(accounting)} - {half:g})"
    )


def counted_until_query(accounting: Accounting) -> str:
    """Return PromQL for the end of the step that ``recorded_query`` counts, in Unix seconds."""
    return f"vector({_step_end(accounting)})"


def _step_end(accounting: Accounting) -> str:
    seen_until = f"(time() - {_delay_seconds(accounting)})"
    return f"({seen_until} - {seen_until} % {accounting.resolution_seconds})"


def _delay_seconds(accounting: Accounting) -> float:
    # Prometheus 2 takes both ends of a range: exactly a step after a step's end it would see two,
    # and of a gateway that is gone the older one again. Evaluations at whole seconds never are.
    return accounting.scrape_delay_seconds + _MILLISECOND


def explain(accounting: Accounting) -> str:
    """Return the explanation that stands above the expression in the rule file."""
    return Template(EXPLANATION).substitute(
        resolution=format_duration(accounting.resolution_seconds),
        delay=format_duration(accounting.scrape_delay_seconds),
        gap=format_duration(accounting.gap_tolerance_seconds),
        unknown=_UNKNOWN[accounting.count_new_targets],
    )
