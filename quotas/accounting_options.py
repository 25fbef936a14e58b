"""The options of the accounting in quotas.yaml, as a dataclass."""

from dataclasses import dataclass

# All periods, in all time zones, begin at a quarter of an hour.
QUARTER_SECONDS = 900
# Counting a whole day again would take Prometheus too long.
MOST_CAUGHT_UP_SECONDS = 4 * 3_600


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
        catch_up: whether steps are counted again at the end of each quarter of an hour, as far
            back as the gap tolerance and at most 4 hours. So missed steps count too.

    """

    resolution_seconds: int = 60
    gap_tolerance_seconds: int = 3_600
    scrape_delay_seconds: int = 10
    count_new_targets: bool = False
    catch_up: bool = True

    @property
    def lag_seconds(self) -> int:
        """Return the longest time from the start of a step until it is counted."""
        return 2 * self.resolution_seconds + self.scrape_delay_seconds

    @property
    def recounted_quarters(self) -> int:
        """Return how many of the newest quarters of an hour can still gain bytes."""
        if not self.catch_up:
            return 1
        far_back = min(self.gap_tolerance_seconds, MOST_CAUGHT_UP_SECONDS)
        return -(-far_back // QUARTER_SECONDS) + 1
