"""Samples for a Prometheus whose traffic and quotas a test chooses, in the OpenMetrics format."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from quotas import names
from tests.integration.support.prometheus import samples

SCRAPE_SECONDS = 15
TARGET = {"job": "kong", "instance": "kong:8100"}


@dataclass(frozen=True)
class Usage:
    """What an entry of a quota has used, and the threshold whose alert fires."""

    quota: str
    labels: Mapping[str, str]
    used: float
    limit: float
    calendar: str = "rolling:7d"
    firing: str = ""


def traffic(minutes: int, bytes_per_scrape: int = 9_133) -> Iterator[str]:
    """Yield the scrapes of a gateway that started some minutes ago, until a little after now."""
    now = time.time()
    times = [now - 60 * minutes + SCRAPE_SECONDS * count for count in range(4 * (minutes + 2))]
    yield from samples("up", TARGET, [(at, 1) for at in times])
    for service, factor in (("bun-service", 3), ("bin-service", 1)):
        labels = {**TARGET, "service": service, "route": "r", "direction": "egress"}
        values = [(at, factor * bytes_per_scrape * count) for count, at in enumerate(times)]
        yield from samples(names.GATEWAY_BYTES, labels, values)


def usages(found: list[Usage], minutes: int = 10) -> Iterator[str]:
    """Yield the recorded usage of entries, until some minutes after now."""
    now = time.time()
    times = [now + 60 * minute for minute in range(-minutes, minutes)]
    metrics: dict[str, list[str]] = {names.USED: [], names.LIMIT: [], "ALERTS": []}
    for quota, limit in {one.quota: one.limit for one in found}.items():
        held = [(at, limit) for at in times]
        metrics[names.LIMIT] += samples(names.LIMIT, {names.QUOTA: quota}, held)
    for one in found:
        labels = {names.QUOTA: one.quota, names.CALENDAR: one.calendar, **one.labels}
        metrics[names.USED] += samples(names.USED, labels, [(at, one.used) for at in times])
        if one.firing:
            alert = {"alertname": names.USAGE_ALERT, "alertstate": "firing", **labels}
            alert |= {names.THRESHOLD: one.firing, names.SEVERITY: "warning"}
            metrics["ALERTS"] += samples("ALERTS", alert, [(at, 1) for at in times])
    for lines in metrics.values():
        yield from lines
