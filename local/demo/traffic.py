"""Generate the traffic of the past 40 days for the demo.

Days have a busy and a quiet time, and twice no gateway was observed. The same end gives the same
bytes each time.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from math import cos, pi

from quotas import names
from quotas.calendars import DAY_SECONDS

DAYS = 40
BUCKET_SECONDS = 600
# The history ends at a multiple of this, so that whole scrape intervals fit into its last bucket.
SCRAPE_SECONDS = 30

_ROUTES = {("bin-service", "bin-route"): 3.0, ("bun-service", "bun-route"): 6.0}
_ROUTES |= {("ban-service", "ban-route"): 1.0}
_CONSUMERS = {"acme": 5.0, "globex": 3.0, "initech": 1.5, "": 1.5}
_DIRECTIONS = {names.EGRESS: 0.8, names.INGRESS: 0.2}
_FIRST_WEEKEND_DAY = 5
_WEEKEND_FACTOR, _WEEKDAY_FACTOR = 0.45, 1.15
_BUSIEST_HOUR = 14
# When no gateway was observed: how many hours ago this began, and how many hours it lasted.
_GAPS_HOURS = ((9.5, 0.75), (75.0, 5.0))

Labels = Mapping[str, str]


@dataclass(frozen=True)
class Flow:
    """What one counter of the gateway counted: bytes per bucket, oldest first."""

    labels: Labels
    buckets: Sequence[int]


@dataclass(frozen=True)
class History:
    """The flows and the bounds of their buckets, in Unix seconds.

    All buckets have BUCKET_SECONDS, but the last one may be shorter.
    """

    bounds: Sequence[int]
    flows: Sequence[Flow]

    def is_observed(self, at: float) -> bool:
        """Return whether a gateway was observed at this time."""
        return not any(
            self.bounds[-1] - 3_600 * ago < at <= self.bounds[-1] - 3_600 * (ago - hours)
            for ago, hours in _GAPS_HOURS
        )


def make_history(now: datetime, bytes_per_second: float) -> History:
    """Return 40 days of traffic that end now; ``bytes_per_second`` is the mean of all flows."""
    end = int(now.timestamp()) // SCRAPE_SECONDS * SCRAPE_SECONDS
    first = end // BUCKET_SECONDS * BUCKET_SECONDS - DAYS * DAY_SECONDS
    bounds = [*range(first, end, BUCKET_SECONDS), end]
    empty = History(bounds, ())
    total = sum(_ROUTES.values()) * sum(_CONSUMERS.values())
    flows = []
    for (service, route), route_weight in _ROUTES.items():
        for consumer, consumer_weight in _CONSUMERS.items():
            for direction, share in _DIRECTIONS.items():
                mean = bytes_per_second * share * route_weight * consumer_weight / total
                values = (service, route, consumer, "default", direction)
                labels = dict(zip(names.SELECTOR_LABELS, values, strict=True))
                flows.append(Flow(labels, _random_bytes(empty, labels, mean)))
    return History(bounds, flows)


def _random_bytes(history: History, labels: Labels, mean: float) -> list[int]:
    chance = random.Random("/".join(labels.values()))  # noqa: S311 - a pattern, not a secret
    # Each flow has its own busiest time, and drifts around its mean.
    shift, drift, drawn = chance.uniform(-2, 2), 0.0, []
    for start, end in pairwise(history.bounds):
        at = datetime.fromtimestamp(start, UTC)
        hour = at.hour + at.minute / 60 - _BUSIEST_HOUR - shift
        weekend = at.weekday() >= _FIRST_WEEKEND_DAY
        busy = (1 + 0.6 * cos(hour * pi / 12)) * (_WEEKEND_FACTOR if weekend else _WEEKDAY_FACTOR)
        drift = 0.92 * drift + chance.uniform(-0.1, 0.1)
        size = mean * (end - start) * busy * max(0.2, 1 + drift + chance.uniform(-0.12, 0.12))
        # After a gap, the first scrape is where counting starts, so no bytes may move before it.
        observed = history.is_observed(start) and history.is_observed(end)
        drawn.append(round(size) if observed else 0)
    return drawn
