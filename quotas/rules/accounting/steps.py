"""The bytes moved in one step, in PromQL.

It does not use ``increase()``. Kong creates a series at its first request, and ``increase()``
ignores the first value of a series, extrapolates, and loses what happens between two windows.
Instead, each step subtracts the value at its start from the value at its end. The next step starts
from the value at which this one ended, so no byte is lost between steps and none counts twice.
"""

from string import Template

from quotas import names
from quotas.accounting_options import Accounting
from quotas.rules.accounting import evidence
from quotas.units import format_duration

BY = f"({', '.join(names.SELECTOR_LABELS)})"
# Rule files show this text above the expression. Its numbers are those of the comments below.
EXPLANATION = """\
Bytes moved in one step of $resolution, summed over the gateways.
 1. A counter's highest value in the step, minus its last value in the $gap before the step. So what
    it counted during failed scrapes, or while it was hidden, is caught up.
 2. A counter without such a value started at zero, if its gateway is trusted: it answered in the
    past $gap, is the same node, and none of the counters that it had is missing. New gateways count
    $new_gateways
    Otherwise the counter counts from its lowest value in the step.
 3. A counter that fell was reset: all of it counts. If it fell within the step, what it counted
    since the fall is added.
 4. A gateway whose own count of requests fell has restarted: what its counters show at the end of
    the step counts in full, even if it is more than before. Of a counter that is gone by then, what
    it grew before the restart counts.
 5. Several nodes at one address count nothing, one node at n addresses counts 1/n at each of them.
Steps are whole ($resolution:$resolution), so that none lies in two periods. They are looked at
$delay after their end, since a sample carries the time at which its scrape began."""

_NEW_GATEWAYS = {
    False: "from their first scrape: they may have run for a year.",
    True: "all of it, if they were never seen and their job was up two steps earlier.",
}

_HIGHEST = "max by $counter (max_over_time($m[$step]))"
_LAST = "max by $counter (last_over_time($m[$step]))"
# The last value of a counter that fell within the step. Each series is compared with itself: after
# a label changed, a former one may have the only last value that is a number.
_FELL = "max by $counter (last_over_time($m[$step]) < max_over_time($m[$step]))"
# The last value before the step. After a restart, what the gateway showed earlier is gone, so it
# is not looked at while the gateway has lost nothing since.
_BEFORE = """\
(
    $extreme by $counter ($m offset $step)$or_nan
  or (
    $extreme by $counter (last_over_time($m[$gap] offset $step))
    unless on $gateway
    ($intact)
  or
    $unclear
  )
)"""
# Not a number if one of a counter's series is none.
_OR_NAN = "\n    + 0 * sum by $counter ($m offset $step)"
# The highest values in the step, without those that are counted in full, or may be, because their
# gateway restarted.
_COUNTED = """\
$highest
unless
(
  $last
  == $highest
  and on $gateway
  ($restarted)
  unless
  (
    max by $counter ($m offset $step)
    unless
    max by $counter ($m)
  )
)"""
# How many of a gateway's counters are not seen in the step, though they were before it.
_MISSING = """\
count by $gateway (
    (
        max by $counter ($m offset $step)
      or
        max by $counter (last_over_time($m[$gap] offset $step))
        unless on $gateway
        ($intact)
    )
  unless
    max by $counter (present_over_time($m[$inner_step]))
)"""
_TRUSTED = """\
(
  $known
)
unless on $gateway
(
    $missing
  or (
    $lacking
  or (
    $changed
  ))
)$recorded"""

_EXPRESSION = """\
sum by $by (
  (
    # 1: on gateways that restarted, only counters that fell or are gone
    (
      (
        $counted
      )
      -
      (
          $before
          unless on $gateway
          ($changed)
        or (
          # 2
          0 * $highest
          and on $gateway
          ($trusted)
        or
          min by $counter (min_over_time($m[$step]))
          unless
          $fell
        )
      )
    ) >= 0
  or (
    # 3: between two steps
    (
      $counted
    )
    < $before_lowest
    unless on $gateway
    ($changed)
  or
    label_replace(
      (
          # 3: within the step
          $fell
          unless on $gateway
          ($restarted)
        or
          # 4
          min by $counter (
            $shown
            and on $gateway
            ($restarted)
          ) >= 0
          and
          $last
      ),
      "since", "reset", "", ""
    )
  ))
  # 5
  * on $gateway group_left ()
  (
    $weight
  )
)"""


def step_query(
    accounting: Accounting, *, matchers: str | None = None, step_seconds: float | None = None
) -> str:
    """Return PromQL for the bytes moved in the step that ends at the evaluation time.

    The result has the labels service, route, consumer, workspace and direction.

    Args:
        accounting: the gap tolerance, what new gateways count, and the step.
        matchers: a selector of the counters to count, ``{...}``, or empty for all of them. If it
            is not None, only these counters are read. Whether others are missing is then read from
            what the rules recorded. If they have not recorded the step, no counter is trusted to
            have started at zero.
        step_seconds: the length of the step, to the millisecond; by default the resolution.

    """
    step = accounting.resolution_seconds if step_seconds is None else step_seconds
    known = evidence.known(accounting, step)
    if accounting.count_new_targets:
        known = f"{known}\nor\n{evidence.new(accounting, step)}"
    holes = _holes(accounting, step, names.GATEWAY_BYTES + (matchers or ""))
    recorded = "\nunless on $gateway\n$missing_records\nand on ()\n($all_recorded)"
    holes |= {
        "known": known,
        "changed": evidence.changed(accounting, step),
        "lacking": evidence.lacking(accounting, step),
        "restarted": evidence.restarted(accounting, step),
        "weight": evidence.weight(accounting, step),
        "missing_records": evidence.missing_records(accounting, step),
        "all_recorded": evidence.recorded(accounting, step),
    }
    holes["recorded"] = _fill("" if matchers is None else recorded, holes)
    parts = {"highest": _HIGHEST, "last": _LAST, "fell": _FELL, "counted": _COUNTED}
    for name, template in {**parts, "missing": _MISSING, "trusted": _TRUSTED}.items():
        holes[name] = _fill(template, holes)
    or_nan = _fill(_OR_NAN, holes)
    holes["before"] = _fill(_BEFORE, {**holes, "extreme": "max", "or_nan": or_nan})
    holes["before_lowest"] = _fill(_BEFORE, {**holes, "extreme": "min", "or_nan": ""})
    return _fill(_EXPRESSION, holes)


def missing_query(accounting: Accounting) -> str:
    """Return PromQL for how many counters of each gateway are missing in the step."""
    step = accounting.resolution_seconds
    missing = _fill(_MISSING, _holes(accounting, step, names.GATEWAY_BYTES))
    # A gateway that did not answer shows nothing, and after a restart nothing is missing.
    gateways = f"on {evidence.GATEWAY}"
    return (
        f"{missing}\nand {gateways}\n({evidence.scraped(accounting, step)})\n"
        f"unless {gateways}\n({evidence.restarted(accounting, step)})"
    )


def _holes(accounting: Accounting, step_seconds: float, counters: str) -> dict[str, str]:
    return {
        "by": BY,
        "counter": evidence.COUNTER,
        "gateway": evidence.GATEWAY,
        "m": counters,
        "step": format_duration(step_seconds),
        # Without its first millisecond, because in Prometheus 2 a range includes its start.
        "inner_step": format_duration(max(step_seconds - 0.001, 0.001)),
        "gap": format_duration(accounting.gap_tolerance_seconds),
        "shown": evidence.shown(counters),
        "intact": evidence.intact(accounting, step_seconds),
        "unclear": evidence.unclear_before(accounting, step_seconds),
    }


def _fill(template: str, holes: dict[str, str]) -> str:
    return Template(template).substitute(holes)


def explain(accounting: Accounting) -> str:
    """Return the explanation of the expression, for the comment above it in the rule file."""
    return _fill(
        EXPLANATION,
        {
            "resolution": format_duration(accounting.resolution_seconds),
            "delay": format_duration(accounting.scrape_delay_seconds),
            "gap": format_duration(accounting.gap_tolerance_seconds),
            "new_gateways": _NEW_GATEWAYS[accounting.count_new_targets],
        },
    )
