"""A chart before and after it is drawn, as dataclasses."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from quotas.model import Threshold


@dataclass(frozen=True)
class UsageChart:
    """The usage of one entry of a quota.

    Attributes:
        start: where the time axis begins, in the time zone of its labels.
        end: where it ends.
        points: what was used at each moment, ascending. The last is the usage in the mail.
        limit_bytes: the limit.
        unit: the unit of the limit in quotas.yaml. Empty if it is unknown.
        thresholds: the percentages at which people are notified.
        forecast_bytes: what is expected at ``end``. None if it is unknown.

    """

    start: datetime
    end: datetime
    points: Sequence[tuple[datetime, int]]
    limit_bytes: int
    unit: str = ""
    thresholds: Sequence[Threshold] = ()
    forecast_bytes: int | None = None

    @property
    def used_bytes(self) -> int:
        """Return the last usage."""
        return self.points[-1][1]


@dataclass(frozen=True)
class Picture:
    """A chart as PNG for light and for dark backgrounds, and what it shows as a sentence."""

    light: bytes
    dark: bytes
    words: str
