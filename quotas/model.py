"""What quotas.yaml says, as values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from quotas import names
from quotas.calendars import MONTH, Calendar, Rolling
from quotas.file.document import Mistake


@dataclass(frozen=True)
class Accounting:
    """How bytes are counted; see quotas/accounting.py."""

    resolution_seconds: int = 60
    gap_tolerance_seconds: int = 3_600
    # A scrape's sample carries the time at which the scrape began and is there only when it has
    # ended: the rules look this far back, so that no sample comes after they have looked.
    scrape_delay_seconds: int = 10
    count_new_targets: bool = False

    @property
    def lag_seconds(self) -> int:
        """Return how long after its start a step is counted at the latest."""
        return 2 * self.resolution_seconds + self.scrape_delay_seconds


@dataclass(frozen=True)
class Threshold:
    """A percentage of the limit at which people are told, and how grave that is."""

    percent: float
    severity: str

    @property
    def label(self) -> str:
        """Return the value of the label threshold: ``80``, ``99.5``."""
        return f"{self.percent:g}"


DEFAULT_THRESHOLDS = (
    Threshold(80, "info"),
    Threshold(90, "warning"),
    Threshold(100, "critical"),
)


@dataclass(frozen=True)
class Match:
    """Which values a label may have: one of ``values``, or what all of ``regex`` matches (RE2)."""

    values: tuple[str, ...] = ()
    regex: str | None = None


@dataclass(frozen=True)
class Quota:
    """A limit in bytes on what a selector matches, over a period.

    ``selector`` says what service, route, consumer and workspace must be; ``direction`` is egress,
    ingress or both. With ``for_each`` the limit holds for each value of those labels by itself,
    but for those in ``excluded``. ``opening_bytes`` were used in the period ``opening_period``
    before anything was counted. With ``notify_resolved`` people are also told when it is below a
    threshold again. ``line`` is where quotas.yaml has the quota.
    """

    name: str
    limit_bytes: int
    selector: Mapping[str, Match] = field(default_factory=dict)
    direction: str = names.BOTH
    calendar: Calendar | Rolling = MONTH
    thresholds: tuple[Threshold, ...] = DEFAULT_THRESHOLDS
    notify: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    forecast: bool = False
    for_each: tuple[str, ...] = ()
    excluded: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    opening_bytes: int = 0
    opening_period: int | None = None
    notify_resolved: bool = False
    line: int = 0

    @property
    def fixed_labels(self) -> dict[str, str]:
        """Return the labels that all that the quota counts has in common, in their order."""
        fixed = {
            label: match.values[0]
            for label, match in self.selector.items()
            if len(match.values) == 1 and label not in self.for_each
        }
        if self.direction != names.BOTH:
            fixed[names.DIRECTION] = self.direction
        return fixed


@dataclass(frozen=True)
class QuotaFile:
    """A whole quotas.yaml. ``notify`` are the default recipients, also of pipeline alerts.

    ``notify_resolved`` is whether they are told when a pipeline alert is over; ``warnings`` are
    what is allowed and yet most likely a mistake. ``runbook_url`` is the page that says what to do
    about each alert, or empty.
    """

    accounting: Accounting
    notify: tuple[str, ...]
    quotas: tuple[Quota, ...]
    warnings: Sequence[Mistake] = ()
    notify_resolved: bool = False
    runbook_url: str = ""

    def find(self, name: str) -> Quota | None:
        """Return the quota of this name, or None."""
        return self._by_name.get(name)

    @cached_property
    def _by_name(self) -> dict[str, Quota]:
        return {quota.name: quota for quota in self.quotas}
