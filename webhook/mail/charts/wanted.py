"""What must be known of a mail to draw its chart.

A mail is stored without its chart, and with this beside it. The delivery process draws the chart.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

from quotas.calendars import Rolling, parse_calendar, period_of
from quotas.model import Quota


@dataclass(frozen=True)
class WantedChart:
    """The chart that belongs to a mail.

    Attributes:
        name: the quota and its entry, as the mail shows them.
        quota: the name of the quota.
        entry: the values of the labels in ``for_each``.
        calendar: the name of the calendar by which the quota is counted.
        period: the id of the period. Empty for a rolling window.
        at: when the mail was written, as a Unix time in seconds.
        used_bytes: the usage in the mail.
        limit_bytes: the limit in the mail.
        unit: the unit of the limit in quotas.yaml. Empty if it is unknown.
        forecast_bytes: the forecast in the mail, if it has one.

    """

    name: str
    quota: str
    entry: Mapping[str, str]
    calendar: str
    period: str
    at: int
    used_bytes: int
    limit_bytes: int
    unit: str
    forecast_bytes: int | None

    @property
    def span(self) -> tuple[datetime, datetime]:
        """Return start and end of what the chart shows, in its time zone."""
        calendar = parse_calendar(self.calendar)
        if isinstance(calendar, Rolling):
            end = datetime.fromtimestamp(self.at, UTC)
            return end - timedelta(seconds=calendar.seconds), end
        period = period_of(calendar, self.period)
        return period.start, period.end

    @property
    def until(self) -> datetime:
        """Return until when usage is shown: the time of the mail, or the end of the period."""
        return min(datetime.fromtimestamp(self.at, UTC), self.span[1])

    def fits(self, quota: Quota) -> bool:
        """Return whether a quota is still counted as it was when the mail was written."""
        return quota.calendar.name == self.calendar and set(quota.for_each) == set(self.entry)

    def to_text(self) -> str:
        """Return a text that can be stored, and that ``read_wanted`` reads."""
        return json.dumps(asdict(self))


def read_wanted(text: str) -> WantedChart:
    """Return the chart that ``WantedChart.to_text`` has written."""
    return WantedChart(**json.loads(text))
