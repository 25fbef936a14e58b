"""What quotas.yaml says, as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from quotas import calendars, names


@dataclass(frozen=True)
class Accounting:
    """How bytes are counted; see quotas/accounting.py."""

    resolution_seconds: int = 60
    gap_tolerance_seconds: int = 3_600
    # A scrape's sample carries the time at which the scrape began and is there only when it has
    # ended: the rules look this far back, so that no sample comes after they have looked.
    scrape_delay_seconds: int = 10
    count_new_targets: bool = False


@dataclass(frozen=True)
class Threshold:
    """A percentage of the limit at which people are told, and how grave that is."""

    percent: int
    severity: str


DEFAULT_THRESHOLDS = (
    Threshold(80, "info"),
    Threshold(90, "warning"),
    Threshold(100, "critical"),
)


@dataclass(frozen=True)
class Quota:
    """A limit in bytes on what a selector matches, over a period.

    ``selector`` maps service, route, consumer or workspace to the one value it must have;
    ``direction`` is egress, ingress or both. ``line`` is where quotas.yaml has it.
    """

    name: str
    limit_bytes: int
    selector: Mapping[str, str]
    direction: str = names.BOTH
    calendar: calendars.Calendar = calendars.MONTH
    thresholds: tuple[Threshold, ...] = DEFAULT_THRESHOLDS
    notify: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    forecast: bool = False
    line: int = 0


@dataclass(frozen=True)
class QuotaFile:
    """A whole quotas.yaml. ``notify`` are the default recipients, also of pipeline alerts."""

    accounting: Accounting
    notify: tuple[str, ...]
    quotas: tuple[Quota, ...]

    def find(self, name: str) -> Quota | None:
        """Return the quota of this name, or None."""
        return next((quota for quota in self.quotas if quota.name == name), None)
