"""Accounting in PromQL: the bytes moved in each step, from Kong's counters.

It does not use ``increase()``. Kong creates a series at its first request, and ``increase()``
ignores the first value of a series, extrapolates, and loses what happens between two windows.
Instead, each step subtracts the value at its start from the value at its end. The next step starts
from the value at which this one ended, so no byte is lost between steps and none counts twice.
"""

from string import Template

from quotas import names
from quotas.model import Accounting
from quotas.units import format_duration

BY = f"({names.SERVICE}, {names.ROUTE}, {names.CONSUMER}, {names.WORKSPACE}, {names.DIRECTION})"

_MILLISECOND = 0.001

# Rule files show this text above the expression.
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

# Known gateways: those that answered a scrape within the gap tolerance before the step. All bytes
# of a counter that is new on such a gateway moved within the step.
_KNOWN = "max_over_time(up[$gap] offset $step) == 1"
# Known gateways, and gateways that are new to a job that was already up. The first scrapes of a job
# are spread over an interval, so the job must have been up one step earlier still. A target that
# has existed for longer but failed its scrapes is not new.
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

# Each range over the counters costs about as much as increase() of all counters, so there are few:
# three maxima, one minimum, one last value, one value of the step before and one of the gap. The
# operands joined to them by job and instance are nearly always empty, and cost nothing then: these
# are gateways that return after a while (1), unknown gateways (3), and counters that fell (4).
#
# Counters that fell come first. On an unknown gateway, only the bytes counted since the fall are
# certain, so (1) must not count that counter. On a known gateway they are added to (1); the label
# `since` keeps the two results apart. `m offset` is absent if the last scrape failed, or if it no
# longer found the counter. An older value may replace it only in the first case.
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


# The expression for steps that contain at most one scrape. Comparing that scrape with the one
# before is exact, and a counter cannot fall within the step. After a gateway restarts, a counter
# starts from zero but may already exceed its old value; only the gateway's own request count shows
# the restart. That counter is read at the instant, not over a range, because a counter that is gone
# was counted before. If the gateway was not up when the step began, the gap may contain request
# counts from several starts; the smallest of them is not from a later start.
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
# Steps up to this length, the usual scrape interval, contain at most one scrape.
LONGEST_SHORT_STEP_SECONDS = 15


def step_query(
    accounting: Accounting, *, matchers: str = "", step_seconds: float | None = None
) -> str:
    """Return PromQL for the bytes moved in the step that ends at the evaluation time.

    The result has the labels service, route, consumer, workspace and direction.

    Args:
        accounting: the gap tolerance, what new gateways count, and the step.
        matchers: a selector that the counters must match, ``{...}``, or empty.
        step_seconds: the length of the step, to the millisecond; by default the resolution.

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
    """Return PromQL for the newest complete step, labelled with the period in which it began.

    Args:
        accounting: how bytes are counted.
        period_label: PromQL for a vector with one element of value 1 that has the label. It is
            evaluated at the end of the step.
        live: whether Prometheus evaluates the rule as time passes. A backfill evaluates it over
            the past, where the check for steps that were already counted must be left out: it
            would find what other calendars have counted.

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
    # Evaluations can be less than a step apart: after rules were moved, Prometheus was updated, or
    # the step or the delay was changed. Then a step that was already counted must not count again.
    half = accounting.resolution_seconds / 2
    return (
        f"{newest}\nunless on ()\n"
        f"(last_over_time({names.COUNTED_UNTIL}[{gap}]) > {_step_end(accounting)} - {half:g})"
    )


def counted_until_query(accounting: Accounting) -> str:
    """Return PromQL for the end, in Unix seconds, of the step that ``recorded_query`` counts."""
    return f"vector({_step_end(accounting)})"


def _step_end(accounting: Accounting) -> str:
    delayed = f"(time() - {_delay_seconds(accounting)})"
    return f"({delayed} - {delayed} % {accounting.resolution_seconds})"


def _delay_seconds(accounting: Accounting) -> float:
    # In Prometheus 2 a range includes both of its ends. An evaluation exactly one step after the
    # end of a step would see two steps, and count a gateway that is gone a second time. With the
    # extra millisecond, evaluations at whole seconds never hit the end of a step.
    return accounting.scrape_delay_seconds + _MILLISECOND


def explain(accounting: Accounting) -> str:
    """Return the explanation of the expression, for the comment above it in the rule file."""
    return Template(EXPLANATION).substitute(
        resolution=format_duration(accounting.resolution_seconds),
        delay=format_duration(accounting.scrape_delay_seconds),
        gap=format_duration(accounting.gap_tolerance_seconds),
        unknown=_UNKNOWN[accounting.count_new_targets],
    )
