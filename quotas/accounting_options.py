"""The options of the accounting in quotas.yaml, as a dataclass."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Accounting:
    """How bytes are counted. ``quotas.rules.accounting`` explains the method.

    Attributes:
        resolution_seconds: the length of a step.
        gap_tolerance_seconds: how long a gateway may be unreachable before its bytes are lost.
        scrape_delay_seconds: how long the rules wait for the samples of a step. A sample carries
            the time at which its scrape began, but is stored only when the scrape has ended.
        count_new_targets: whether a gateway that was never seen before counts all bytes on its
            counters, rather than only those after its first scrape.

    """

    resolution_seconds: int = 60
    gap_tolerance_seconds: int = 3_600
    scrape_delay_seconds: int = 10
    count_new_targets: bool = False

    @property
    def lag_seconds(self) -> int:
        """Return the longest time from the start of a step until it is counted."""
        return 2 * self.resolution_seconds + self.scrape_delay_seconds
