"""What is known about each gateway in a step: whether it answered, restarted, or is another one.

Every query has one element for each gateway, each pair of job and instance, and is evaluated at the
end of the step. Other labels of the target make no difference, and an odd target never harms the
others. Nearly all reads are of series that exist once per gateway, so looking back is cheap.
"""

from collections.abc import Callable
from string import Template

from quotas import names
from quotas.accounting_options import Accounting
from quotas.promql import match_any, selector
from quotas.units import format_duration

# What gateways show. Series that end while Prometheus restarts are not marked as over, and look
# alive for five minutes more. But all series of a scrape bear the same time.
_SHOWN = """\
$counters
unless
timestamp($counters)
< on $gateway group_left ()
max by $gateway (timestamp($requests))"""

# Answered a scrape at least once in the gap tolerance before the step.
_KNOWN = "max by $gateway (max_over_time($up[$gap] offset $step)) == 1"

# Answered a scrape in the step.
_SCRAPED = "max by $gateway (max_over_time($up[$step])) == 1"

# Never seen before, although its job was. The first scrapes of a job are spread over an interval,
# so its job must have been up two steps earlier. A target that failed its scrapes for longer than
# the gap tolerance is not new, and neither is a node that was seen at another address.
_NEW = """\
max by $gateway (max_over_time($up[$step])) == 1
and on (job)
(max by (job) (max_over_time($up[$gap] offset $two_steps)) == 1)
unless on $gateway
(
    max by $gateway (present_over_time($up[$memory] offset $gap_and_step))
  or (
    max by $gateway (present_over_time($up[$gap] offset $step))
    unless on (job)
    (max by (job) (max_over_time($up[$gap] offset $gap_and_step)) == 1)
  or (
    max by $gateway (last_over_time($seen[$gap] offset $step))
  or
    max by $node (present_over_time($nodes[$step]))
    and on (node_id)
    (
        max by (node_id) (present_over_time($nodes[$memory] offset $step))
      or
        max by (node_id) (last_over_time($seen[$gap] offset $step))
    )
  ))
)"""

# Was not scraped at the step's start, while its node was at another address and counted there.
_ELSEWHERE = """\
max by $gateway (
  max by $node (present_over_time($nodes[$step]))
  unless on $gateway
  ($nodes offset $step)
  and on (node_id)
  (count by (node_id) (max by $node (present_over_time($nodes[$gap_and_step]))) > 1)
)"""

# Its own count of requests fell between the start and the end of the step, or within it. The counts
# are compared node by node. If a target's labels changed there are several, and the lowest decides:
# it only falls if they all did.
_RESTARTED = """\
max by $gateway (
    min by $count (last_over_time($requests[$step]))
    < on $count
    min by $count (last_over_time($requests[$gap] offset $step))
    unless on $gateway
    ($elsewhere)
  or
    resets($requests[$step]) > 0
)"""

# Another node than before the step, several, or one that was elsewhere. The node before the step is
# that of the last scrape; if that failed, each of the gap tolerance.
_CHANGED = """\
count by $gateway (
    max by $node (present_over_time($nodes[$step]))
  or (
    max by $node ($nodes offset $step)
  or
    max by $node (present_over_time($nodes[$gap] offset $step))
    unless on $gateway
    ($nodes offset $step)
  )
) > 1
or
$elsewhere"""

# What its counters' growth is multiplied with. Several nodes that answer in turn at one address
# cannot be told apart: they count nothing. One node at n addresses counts 1/n at each of them.
_WEIGHT = """\
0 * (count by $gateway (max by $node (present_over_time($nodes[$step]))) > 1)
or (
min by $gateway (
  max by $node (present_over_time($nodes[$step]))
  / on (node_id) group_left ()
  count by (node_id) (max by $node (present_over_time($nodes[$step])))
)
or
max by $gateway (present_over_time($up[$step]))
)"""

# Has lost no counter since it restarted, up to the start of the step, as the rules recorded.
_INTACT = "max by $gateway (last_over_time($intact[$resolution] offset $intact_offset))"

# What was counted last of counters that ended with a restart, or were hidden after it.
_UNCLEAR_BEFORE = "max by $counter (last_over_time($unclear[$gap] offset $record_offset))"

# Showed fewer counters before the step than at some time since it restarted: Kong hid some.
_LACKING = """\
max by $gateway (
    max by $node (present_over_time($nodes[$step]))
    * on (node_id) group_left ()
    max by (node_id) (last_over_time($most_counters{node_id!=""}[$gap] offset $record_offset))
  or
    last_over_time($most_counters{node_id=""}[$gap] offset $record_offset)
    unless on $gateway
    present_over_time($nodes[$step])
)
> on $gateway
(
    max by $gateway (last_over_time($shown_counters[$gap] offset $record_offset))
  or
    0 * max by $gateway (present_over_time($up[$step]))
)"""

# Lacked a counter in an overlapping recorded step.
_MISSING_RECORDS = "max by $gateway (max_over_time($missing[$overlap] offset -$look_ahead))"

# The rules have recorded all steps that overlap this one.
_RECORDED = "max(count_over_time($step_end[$overlap] offset -$look_ahead)) >= $records"

GATEWAY = f"({', '.join(names.TARGET_LABELS)})"
# What a counter is: a gateway's count of what has these labels. Other labels of the target, and
# changes of them, make no difference.
COUNTER = f"({', '.join((*names.TARGET_LABELS, *names.SELECTOR_LABELS))})"


def _record_offsets(accounting: Accounting, step_seconds: float) -> tuple[str, str]:
    """Return two offsets from the end of a step, at which to read what the rules recorded.

    Until the first, that is what happened before the step. In the resolution before the second, it
    includes all until its start. Steps are recorded up to delay + resolution late.
    """
    resolution, delay = accounting.resolution_seconds, accounting.scrape_delay_seconds
    if step_seconds % resolution == 0:
        # It starts where a recorded step ends.
        return (_offset(step_seconds - resolution - delay),) * 2
    return _offset(step_seconds - delay), _offset(step_seconds - 2 * resolution - delay)


def look_ahead_seconds(accounting: Accounting) -> int:
    """Return how long after a step, of whatever length, what is recorded about it is looked for."""
    return accounting.scrape_delay_seconds + 2 * accounting.resolution_seconds


def shown(counters: str) -> str:
    """Return PromQL for the counters that gateways show."""
    requests = names.GATEWAY_REQUESTS
    return Template(_SHOWN).substitute(counters=counters, gateway=GATEWAY, requests=requests)


def _offset(seconds: float) -> str:
    # PromQL rejects an offset of zero.
    return ("-" if seconds < 0 else "") + format_duration(abs(seconds) or 0.001)


def make_query(template: str) -> Callable[[Accounting, float], str]:
    """Return a function that fills in a template, for an accounting and a step in seconds."""

    def fill(accounting: Accounting, step_seconds: float) -> str:
        gap, resolution = accounting.gap_tolerance_seconds, accounting.resolution_seconds
        delay, is_aligned = accounting.scrape_delay_seconds, step_seconds % resolution == 0
        record_offset, intact_offset = _record_offsets(accounting, step_seconds)
        # A step that begins or ends within recorded ones overlaps them too.
        overlap = step_seconds + 2 * resolution * (not is_aligned)
        look_ahead = look_ahead_seconds(accounting) - resolution * is_aligned
        holes = {
            "gateway": GATEWAY,
            "node": "(job, instance, node_id)",
            "count": "(job, instance, node_id, subsystem, state)",
            "up": "up" + selector([match_any("job", [names.GATEWAY_JOB])]),
            "requests": names.GATEWAY_REQUESTS,
            "nodes": names.GATEWAY_NODES,
            "counters": names.GATEWAY_BYTES,
            "shown": shown(names.GATEWAY_BYTES),
            "seen": names.SEEN,
            "shown_counters": names.COUNTERS,
            "most_counters": names.MOST_COUNTERS,
            "counter": COUNTER,
            "delay": format_duration(delay + resolution),
            "gap_seconds": f"{gap}",
            "intact": names.INTACT,
            "unclear": names.UNCLEAR,
            "memory": "1d",
            "step": format_duration(step_seconds),
            "two_steps": format_duration(2 * step_seconds),
            "gap": format_duration(gap),
            "gap_and_step": format_duration(gap + step_seconds),
            "resolution": format_duration(resolution),
            "restarted_at": names.RESTARTED,
            "missing": names.MISSING_COUNTERS,
            "overlap": format_duration(overlap),
            "look_ahead": format_duration(look_ahead),
            "step_end": names.STEP_END,
            "records": str(int(overlap // resolution)),
            "record_offset": record_offset,
            "intact_offset": intact_offset,
        }
        holes["elsewhere"] = Template(_ELSEWHERE).substitute(holes)
        holes["changed"] = Template(_CHANGED).substitute(holes)
        holes["restarted"] = Template(_RESTARTED).substitute(holes)
        return Template(template).substitute(holes)

    return fill


known = make_query(_KNOWN)
scraped = make_query(_SCRAPED)
new = make_query(_NEW)
restarted = make_query(_RESTARTED)
changed = make_query(_CHANGED)
weight = make_query(_WEIGHT)
intact = make_query(_INTACT)
unclear_before = make_query(_UNCLEAR_BEFORE)
lacking = make_query(_LACKING)
missing_records = make_query(_MISSING_RECORDS)
recorded = make_query(_RECORDED)
