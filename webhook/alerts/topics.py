"""The topics of a mail, by which ``/notifications`` finds it."""

from collections.abc import Iterable

from quotas import names
from webhook.alerts.events import Event, QuotaEvent
from webhook.store.topics import BELOW_AGAIN, FORECAST, USAGE, Topic


def topics_of(events: Iterable[Event]) -> tuple[Topic, ...]:
    """Return one topic for each event about a quota. Other events have none."""
    return tuple(_topic_of(event) for event in events if isinstance(event, QuotaEvent))


def _topic_of(event: QuotaEvent) -> Topic:
    labels = event.alert.labels
    return Topic(
        quota=event.quota_name,
        # Only labels of the alert, as in the recorded series: they identify the entry.
        selector={name: labels[name] for name in names.SELECTOR_LABELS if labels.get(name)},
        kind=_kind_of(event),
        percent=event.threshold_percent,
        calendar=event.calendar,
        period=str(event.period.id) if event.period else "",
    )


def _kind_of(event: QuotaEvent) -> str:
    if event.is_resolved:
        return BELOW_AGAIN
    return FORECAST if event.is_forecast else USAGE
