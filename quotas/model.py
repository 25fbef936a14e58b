"""What quotas.yaml says, as dataclasses: the quotas and their thresholds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

from quotas import names
from quotas.accounting_options import Accounting
from quotas.calendars import MONTH, Calendar, Rolling


@dataclass(frozen=True)
class Threshold:
    """A percentage of the limit at which recipients are notified, and its severity in mails."""

    percent: float
    severity: str

    @property
    def label(self) -> str:
        """Return the value of the label threshold: ``80``, ``99.5``."""
        return f"{self.percent:g}"

    @property
    def ratio(self) -> float:
        """Return used divided by limit at which it is reached.

        It is rounded, because 99.9 / 100 is slightly more than 0.999.
        """
        return round(self.percent / 100, 4)


DEFAULT_THRESHOLDS = (
    Threshold(80, "info"),
    Threshold(90, "warning"),
    Threshold(100, "critical"),
)
# The label severity of alerts about quotas, by the severity of their thresholds. They are all the
# same, because usual inhibit rules silence alerts of one name that are less severe than another,
# and so what reaches 80 % while another quota reaches 100 %. They silence `info` altogether.
DEFAULT_SEVERITIES: Mapping[str, str] = MappingProxyType(dict.fromkeys(names.SEVERITIES, "warning"))


def severity_at(percent: float) -> str:
    """Return the severity of the highest default threshold that is not above a percentage."""
    below = [known for known in DEFAULT_THRESHOLDS if known.percent <= percent]
    return (below[-1] if below else DEFAULT_THRESHOLDS[0]).severity


@dataclass(frozen=True)
class Match:
    """The values that a label may have: one of ``values``, or any that ``regex`` matches.

    The regular expression (RE2) must match the whole value.
    """

    values: tuple[str, ...] = ()
    regex: str | None = None


@dataclass(frozen=True)
class Quota:
    """A limit in bytes on the traffic that a selector matches, over a period.

    Attributes:
        name: the unique name.
        limit_bytes: the bytes allowed in a period.
        selector: which services, routes, consumers and workspaces count; empty for all traffic.
        direction: ``egress``, ``ingress`` or ``both``.
        calendar: the calendar or rolling window over which bytes are summed.
        thresholds: the percentages at which recipients are notified, in ascending order.
        notify: the recipients.
        labels: labels that the quota adds to its series and alerts.
        forecast: also notify when the forecast exceeds the limit.
        for_each: labels; the limit applies separately to each of their values.
        excluded: values of ``for_each`` labels to which the limit does not apply.
        opening_bytes: bytes used in ``opening_period`` before counting began.
        opening_period: the id of the period in which ``opening_bytes`` count.
        notify_resolved: also notify when usage is below a threshold again.
        report: the weeks or months at whose end recipients get a report; None for no report.
        limit_unit: the unit of the limit in quotas.yaml, such as ``GiB``; empty if unknown.
        line: the line of quotas.yaml at which the quota begins.

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
    report: Calendar | None = None
    limit_unit: str = ""
    line: int = 0

    @property
    def fixed_labels(self) -> dict[str, str]:
        """Return the labels that all traffic of the quota has in common."""
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
    """The content of a quotas.yaml.

    Attributes:
        accounting: how bytes are counted.
        notify: the default recipients, who also receive pipeline alerts.
        quotas: the quotas, in the order of the file.
        warnings: what is allowed but probably a mistake, each as ``line:column: key: message``.
        notify_resolved: also notify the default recipients when a pipeline alert is resolved.
        runbook_url: the page that says what to do about each alert, or empty.
        labels: labels that all alerts get, such as the namespace by which Alertmanager routes.
        severities: the label severity of quota alerts, by the severity of their thresholds.

    """

    accounting: Accounting = field(default_factory=Accounting)
    notify: tuple[str, ...] = ()
    quotas: tuple[Quota, ...] = ()
    warnings: Sequence[str] = ()
    notify_resolved: bool = False
    runbook_url: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    severities: Mapping[str, str] = field(default_factory=lambda: DEFAULT_SEVERITIES)

    def find(self, name: str) -> Quota | None:
        """Return the quota with this name, or None."""
        return self._by_name.get(name)

    @cached_property
    def _by_name(self) -> dict[str, Quota]:
        return {quota.name: quota for quota in self.quotas}
