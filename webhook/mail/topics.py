"""What a mail tells of, in few words that can be looked for: one topic for each quota in it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from quotas import names
from webhook.alerts.events import Notice, QuotaNotice

USAGE, FORECAST, OVER = "usage", "forecast", "over"


@dataclass(frozen=True)
class Topic:
    """That a quota passed a threshold, is expected to pass 100 %, or is below one again.

    ``selector`` has those selector labels that the alert carries: they tell entries of one quota
    apart. ``period`` is the id of the period, empty for a rolling window and where it is unknown.
    """

    quota: str
    selector: Mapping[str, str]
    kind: str
    percent: float
    calendar: str
    period: str


def topics_of(notices: Iterable[Notice]) -> tuple[Topic, ...]:
    """Return what a mail about these notices tells of; alerts about no quota are no topics."""
    return tuple(_topic_of(notice) for notice in notices if isinstance(notice, QuotaNotice))


def _topic_of(notice: QuotaNotice) -> Topic:
    labels = notice.alert.labels
    return Topic(
        quota=notice.quota_name,
        selector={name: labels[name] for name in names.SELECTOR_LABELS if labels.get(name)},
        kind=_kind_of(notice),
        percent=notice.threshold_percent,
        calendar=notice.calendar,
        period=str(notice.period.id) if notice.period else "",
    )


def _kind_of(notice: QuotaNotice) -> str:
    if notice.is_over:
        return OVER
    return FORECAST if notice.is_forecast else USAGE
