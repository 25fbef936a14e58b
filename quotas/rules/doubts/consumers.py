"""The doubt about consumers: whether each gateway counts them, if a quota does."""

from collections.abc import Sequence
from string import Template

from quotas import names
from quotas.rules.doubts.doubt import Doubt

# Kong 2 has no consumers on its bandwidth metric. Kong 3 calls this metric otherwise.
_KONG_2 = """\
max by (job, instance) (kong_nginx_http_current_connections{job="$job", state="total"})"""

_MOST_NAMED = 5


def consumer_doubts(by_consumer: Sequence[str]) -> list[Doubt]:
    """Return the doubt about gateways that count no consumers.

    Args:
        by_consumer: the names of the quotas that count by consumer. Without any, there is no doubt.

    """
    if not by_consumer:
        return []
    shown = ", ".join(by_consumer[:_MOST_NAMED])
    more = f" and {len(by_consumer) - _MOST_NAMED} more" if by_consumer[_MOST_NAMED:] else ""
    return [
        Doubt(
            names.CONSUMERS_NOT_COUNTED_ALERT,
            Template(_KONG_2).substitute(job=names.GATEWAY_JOB),
            summary="Gateway $instance does not count by consumer",
            cause=(
                "It is Kong 2, which exposes the bytes of all consumers together. Quotas by "
                f"consumer do not count them: {shown}{more}."
            ),
            cure="Update the gateway to Kong 3, or write these quotas by service or route.",
            for_seconds=900,
        )
    ]
