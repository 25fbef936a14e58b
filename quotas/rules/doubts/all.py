"""All doubts, for the alerts and for ``--verify``."""

from quotas.accounting_options import Accounting
from quotas.rules.doubts.counters import counter_doubts
from quotas.rules.doubts.doubt import Doubt
from quotas.rules.doubts.evaluations import evaluation_doubts
from quotas.rules.doubts.targets import target_doubts


def doubts_of(accounting: Accounting) -> list[Doubt]:
    """Return the doubts whose elements have all labels that their texts name."""
    return [
        *target_doubts(accounting),
        *counter_doubts(),
        *evaluation_doubts(accounting),
    ]
