"""All doubts, for the alerts and for ``--verify``."""

from collections.abc import Sequence

from quotas import names
from quotas.accounting_options import Accounting
from quotas.model import Quota
from quotas.rules.doubts.consumers import consumer_doubts
from quotas.rules.doubts.counters import counter_doubts
from quotas.rules.doubts.doubt import Doubt
from quotas.rules.doubts.evaluations import evaluation_doubts
from quotas.rules.doubts.targets import target_doubts


def doubts_of(accounting: Accounting, quotas: Sequence[Quota]) -> list[Doubt]:
    """Return the doubts whose elements have all labels that their texts name."""
    by_consumer = sorted(
        quota.name
        for quota in quotas
        if names.CONSUMER in quota.selector or names.CONSUMER in quota.for_each
    )
    return [
        *target_doubts(accounting),
        *counter_doubts(),
        *consumer_doubts(by_consumer),
        *evaluation_doubts(accounting),
    ]
