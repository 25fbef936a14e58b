"""What the rules remember of each step, for those after it: restarts, and counters that were lost.

The rules record it, and ``evidence`` reads it. Like there, every query is evaluated at the end of
the step, and has one element for each gateway, node or counter.
"""

from quotas.rules.accounting.evidence import make_query

# Lost a counter in the step, be it one that appeared in it; did not answer; or is another node.
_BROKEN = """\
count by $gateway (
  (
      $counters offset $step
    or
      present_over_time($counters[$step])
  )
  unless
  ($shown)
)
or (
max by $gateway ($up) == 0
or (
max by $gateway ($up offset $step) == 0
or (
$changed
)))"""

# How many counters it shows at the end of the step; nothing if it did not answer.
_SHOWN_COUNTERS = """\
count by $gateway (max by $counter ($shown))
or
0 * (max by $gateway ($up) == 1)"""

# The same, by node.
_COUNTERS_OF_NODES = """\
max by $node ($nodes)
* on $gateway group_left ()
count by $gateway (max by $counter ($shown))
or
count by $gateway (max by $counter ($shown))
unless on $gateway
$nodes"""

# Counters that are not shown at the end of the step, with the values that were counted last: those
# that grew in the step of a restart, and ended with it or were hidden after it; and those that were
# lost while their gateway went on, until it shows them again, restarts or is another node.
_UNCLEAR = """\
(
    max by $counter (max_over_time($counters[$step]))
    > max by $counter ($counters offset $step)
    and on $gateway
    ($restarted)
  or
  (
    (
        max by $counter (last_over_time($counters[$step]))
      or
        max by $counter ($counters offset $step)
    )
    and on $gateway
    (max by $gateway ($up) == 1)
    or
    max by $counter (last_over_time($unclear[$gap] offset $record_offset))
    and on $gateway
    last_over_time($seen[$gap] offset $record_offset)
  )
  unless on $gateway
  ($restarted)
  unless on $gateway
  ($changed)
)
unless
max by $counter ($shown)"""

# Restarted in the step; or in the past gap tolerance, and no rule has recorded it, because
# evaluations were missed.
_RESTARTED_UNTIL_NOW = """\
$restarted
or
max by $gateway (resets($requests[$gap]) > 0)
unless on $gateway
last_over_time($restarted_at[$gap] offset -$delay) > time() - $gap_seconds"""

broken = make_query(_BROKEN)
shown_counters = make_query(_SHOWN_COUNTERS)
counters_of_nodes = make_query(_COUNTERS_OF_NODES)
unclear = make_query(_UNCLEAR)
restarted_until_now = make_query(_RESTARTED_UNTIL_NOW)
