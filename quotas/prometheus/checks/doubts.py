"""What makes the numbers of a running Prometheus doubtful, as sentences."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from quotas import names
from quotas.prometheus.client import PrometheusClient
from quotas.rules.doubts.doubt import Doubt

# The elements of one doubt that are printed.
MOST_SHOWN = 20


def find_doubts(prometheus: PrometheusClient, doubts: Iterable[Doubt]) -> Iterator[str]:
    """Yield a line for each element that a doubt finds now, sorted by their labels.

    Raises:
        PrometheusError: Prometheus does not answer a query.

    """
    for doubt in doubts:
        lines = sorted(doubt.line(labels, value) for labels, value in prometheus.query(doubt.query))
        yield from lines[:MOST_SHOWN]
        if len(lines) > MOST_SHOWN:
            yield f"{doubt.alert}: {len(lines) - MOST_SHOWN} more like these"


def colliding_targets(targets: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield a line for each pair of job and instance that several of these targets have."""
    urls = defaultdict(list)
    for target in targets:
        urls[target["labels"].get("instance", "?")].append(target["scrapeUrl"])
    for instance, found in urls.items():
        if len(found) > 1:
            yield (
                f"{len(found)} targets of the job {names.GATEWAY_JOB} have the instance "
                f"{instance}: {', '.join(sorted(found))}. Their counters cannot be told apart, so "
                f"that bytes are counted wrong. Give each target its own instance."
            )
