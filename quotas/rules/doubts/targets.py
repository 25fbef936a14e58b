"""Doubts about targets: whether each of them is one gateway, and each gateway one of them."""

from string import Template

from quotas import names
from quotas.accounting_options import Accounting
from quotas.rules.doubts.doubt import Doubt
from quotas.units import format_duration

# A node at several targets is one gateway that is scraped twice, or gateways that share an id. A
# pod with a new address has its node at both until the old target is gone, within minutes.
_ONE_NODE_TWICE = """\
max by (job, instance, node_id) ($nodes)
and on (node_id)
(count by (node_id) (max by (job, instance, node_id) ($nodes)) > 1)"""

# Two nodes that were both seen before and after the middle of the gap tolerance answered in turn.
# However often one gateway restarts, only one of its nodes can be on both sides of the middle. Kong
# 2 has no nodes: with several behind one address, the count of requests falls again and again.
_NODES_IN_TURN = """\
count by (job, instance) (
  max by (job, instance, node_id) (present_over_time($nodes[$half_gap]))
  and on (job, instance, node_id)
  max by (job, instance, node_id) (present_over_time($nodes[$half_gap] offset $half_gap))
) > 1
or
max by (job, instance) (resets($requests[$gap])) > 5"""

# Targets that differ in other labels have several series of up. Targets that differ in nothing
# share one, and only Prometheus's own count of its targets shows them.
_SAME_LABELS = """\
count by (job, instance) (up{job="$job"}) > 1
or
min(prometheus_target_scrape_pool_targets{scrape_job="$job"}) > count(up{job="$job"})"""


def target_doubts(accounting: Accounting) -> list[Doubt]:
    """Return the doubts about targets whose elements have the label instance."""
    gap = accounting.gap_tolerance_seconds
    holes = {
        "nodes": names.GATEWAY_NODES,
        "requests": names.GATEWAY_REQUESTS,
        "gap": format_duration(gap),
        "half_gap": format_duration(gap / 2),
    }
    return [
        Doubt(
            names.SCRAPED_TWICE_ALERT,
            Template(_ONE_NODE_TWICE).substitute(holes),
            summary="Gateway $instance has the same node id as another target",
            cause=(
                "Several targets answer as node $node_id: one gateway is scraped twice, or "
                "gateways share a KONG_NODE_ID. Their bytes are divided by the number of targets, "
                "which is too little for different gateways."
            ),
            cure="Scrape each gateway once, and give each one its own KONG_NODE_ID.",
            for_seconds=900,
        ),
        Doubt(
            names.SEVERAL_NODES_ALERT,
            Template(_NODES_IN_TURN).substitute(holes),
            summary="Several gateways seem to answer at $instance",
            cause=(
                "Its node changes back and forth, or its count of requests falls again and again. "
                "Either a load balancer is in front of several gateways, or one gateway keeps "
                "restarting. Its bytes cannot be counted completely."
            ),
            cure="Scrape each gateway as a target of its own, or find out why it restarts.",
            for_seconds=600,
        ),
    ]


def colliding_targets() -> Doubt:
    """Return the doubt about targets with equal labels. Its element may lack the label instance."""
    return Doubt(
        names.TARGETS_COLLIDE_ALERT,
        Template(_SAME_LABELS).substitute(job=names.GATEWAY_JOB),
        summary="Several targets have the same labels job and instance",
        cause=(
            "Their counters cannot be told apart, so that bytes are counted wrong. The label "
            "instance of this alert names them if they differ in other labels."
        ),
        cure="Give each target of the gateways its own instance.",
        for_seconds=900,
    )
