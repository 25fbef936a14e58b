"""Which notifications were sent about an entry of a quota."""

from collections.abc import Mapping
from typing import Any

from api.clients.cache import Cache, CacheEntry
from api.clients.webhook import Webhook, list_notifications
from api.usage.entries import find_period
from api.usage.model import Entry, Notification
from quotas import names


def read_notifications(
    webhook: Webhook, cache: Cache, entry: Entry, limit: int
) -> list[Notification]:
    """Return the notifications about this entry and no other, newest first, at most ``limit``.

    Equal questions at the same time are asked once.

    Raises:
        UpstreamError: the webhook gave no usable answer.

    """
    selector = {
        label: entry.labels[label] for label in names.SELECTOR_LABELS if label in entry.labels
    }
    # An empty value asks for topics without the label: entries with more labels are others.
    every = dict.fromkeys(names.SELECTOR_LABELS, "") | selector
    parameters = {"quota": entry.quota, **every}

    def make() -> CacheEntry:
        return CacheEntry(list_notifications(webhook, parameters, limit), 0, 0)

    answered = cache.get_or_make(("notifications", limit, *parameters.items()), make)
    found = [
        _make_notification(one, topic)
        for one in answered
        for topic in one["topics"]
        if topic["quota"] == entry.quota and topic["selector"] == selector
    ]
    return sorted(found, key=lambda one: one.queued_at, reverse=True)[:limit]


def _make_notification(answered: Mapping[str, Any], topic: Mapping[str, Any]) -> Notification:
    return Notification(
        queued_at=answered["queued_at"],
        settled_at=answered["settled_at"],
        kind=topic["kind"],
        percent=topic["threshold"],
        period=find_period(topic["calendar"], topic["period"] or "")[1],
        recipient=answered["recipient"],
        state=answered["state"],
        attempts=answered["attempts"],
    )
