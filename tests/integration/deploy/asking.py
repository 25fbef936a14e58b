"""Ask a Prometheus what Grafana asks for a panel: its query, with values for the variables."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from string import Template
from typing import Any

from tests.integration.support.prometheus import Labels, Server

# What Grafana writes for its variables, and for those of the dashboard.
VALUES = {
    "__interval": "5m",
    "__rate_interval": "1m",
    "__range": "1h",
    "quota": "over",
    "service": ".*",
}
RANGE_SECONDS, STEP_SECONDS = 120, 15


@dataclass(frozen=True)
class Target:
    """A query of a panel, and whether it is asked for a range."""

    panel: str
    query: str
    is_range: bool

    def ask(self, server: Server, **values: str) -> list[tuple[Labels, float]]:
        """Return the labels and newest value of each series."""
        query = Template(self.query).substitute(VALUES | values)
        now = time.time()
        if not self.is_range:
            return server.query(query, now)
        found = server.query_range(query, now - RANGE_SECONDS, now, STEP_SECONDS)
        return [(labels, points[-1][1]) for labels, points in found]


def targets_of(dashboard: dict[str, Any]) -> Iterator[Target]:
    """Yield each query of the dashboard, in its order."""
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            yield Target(panel["title"], target["expr"], target["range"])
