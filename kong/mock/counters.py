"""What the gateway has counted since it started."""

import threading
import time
from collections import Counter
from dataclasses import dataclass
from typing import NamedTuple

# Only Kong Enterprise has other workspaces.
WORKSPACE = "default"


class Bandwidth(NamedTuple):
    """What identifies one counter of bytes; compares in the order in which it is listed."""

    service: str
    route: str
    consumer: str
    workspace: str
    direction: str


class Requests(NamedTuple):
    """What identifies one counter of requests; `source` is who answered: service or kong."""

    service: str
    route: str
    code: int
    source: str
    workspace: str
    consumer: str


@dataclass(frozen=True)
class Exchange:
    """One request that a route matched, with its answer, as they crossed the client's socket."""

    service: str
    route: str
    consumer: str
    code: int
    source: str
    ingress_bytes: int
    egress_bytes: int


@dataclass(frozen=True)
class Snapshot:
    """All numbers at one moment."""

    started_at: float
    bandwidth_bytes: dict[Bandwidth, int]
    requests: dict[Requests, int]
    total_requests: int
    connections_accepted: int
    connections_active: int
    in_flight: int


class Counters:
    """Counts that many threads write and read.

    `in_flight` falls in the same moment in which an exchange is counted. So a client that has read
    a whole answer, and then sees `in_flight` at 0, sees that exchange in the counts.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._active = 0
        self._in_flight = 0
        self._forget()

    def open_connection(self) -> None:
        """Count a client that has connected."""
        with self._lock:
            self._accepted += 1
            self._active += 1

    def close_connection(self) -> None:
        """Count a client that has gone."""
        with self._lock:
            self._active -= 1

    def begin(self) -> None:
        """Count a request that has begun to arrive."""
        with self._lock:
            self._total += 1
            self._in_flight += 1

    def count_other(self) -> None:
        """Count a request to another port: Nginx's total has those too."""
        with self._lock:
            self._total += 1

    def finish(self, exchange: Exchange | None) -> None:
        """End a request that `begin` announced; None for one that no route matched.

        As in Kong's plugin a series begins with its first byte: none is made for 0 bytes.
        """
        with self._lock:
            self._in_flight -= 1
            if exchange is None:
                return
            parties = (exchange.service, exchange.route, exchange.consumer, WORKSPACE)
            for direction, size_bytes in (
                ("ingress", exchange.ingress_bytes),
                ("egress", exchange.egress_bytes),
            ):
                if size_bytes > 0:
                    self._bandwidth[Bandwidth(*parties, direction)] += size_bytes
            answer = (exchange.code, exchange.source, WORKSPACE, exchange.consumer)
            self._requests[Requests(exchange.service, exchange.route, *answer)] += 1

    def snapshot(self) -> Snapshot:
        """All numbers of one moment."""
        with self._lock:
            return Snapshot(
                started_at=self._started_at,
                bandwidth_bytes=dict(self._bandwidth),
                requests=dict(self._requests),
                total_requests=self._total,
                connections_accepted=self._accepted,
                connections_active=self._active,
                in_flight=self._in_flight,
            )

    def reset(self) -> None:
        """Forget all counts, as a restart would; open connections and requests go on."""
        with self._lock:
            self._forget()

    def _forget(self) -> None:
        self._started_at = time.time()
        self._bandwidth: Counter[Bandwidth] = Counter()
        self._requests: Counter[Requests] = Counter()
        self._total = self._in_flight
        self._accepted = self._active
