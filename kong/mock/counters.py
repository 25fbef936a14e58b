"""The counts of the gateway since it started."""

import threading
import time
from collections import Counter
from dataclasses import dataclass
from typing import NamedTuple

# Only Kong Enterprise has more workspaces.
WORKSPACE = "default"


class Bandwidth(NamedTuple):
    """The labels of one byte counter, in the order in which counters are sorted."""

    service: str
    route: str
    consumer: str
    workspace: str
    direction: str


class Requests(NamedTuple):
    """The labels of one request counter; ``source`` says who answered: service or kong."""

    service: str
    route: str
    code: int
    source: str
    workspace: str
    consumer: str


@dataclass(frozen=True)
class Exchange:
    """One request that matched a route, with the bytes that it and its answer had on the socket."""

    service: str
    route: str
    consumer: str
    code: int
    source: str
    ingress_bytes: int
    egress_bytes: int


@dataclass(frozen=True)
class Snapshot:
    """All counts at one moment."""

    started_at: float
    bandwidth_bytes: dict[Bandwidth, int]
    requests: dict[Requests, int]
    total_requests: int
    connections_accepted: int
    connections_active: int
    in_flight: int


class Counters:
    """Counts that several threads write and read.

    ``in_flight`` falls at the same moment at which an exchange is counted. A client that has read a
    whole answer and then sees ``in_flight`` at 0 therefore sees its exchange in the counts.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._active = 0
        self._in_flight = 0
        self._start_counting()

    def open_connection(self) -> None:
        """Count a client that connected."""
        with self._lock:
            self._accepted += 1
            self._active += 1

    def close_connection(self) -> None:
        """Count a client that disconnected."""
        with self._lock:
            self._active -= 1

    def begin(self) -> None:
        """Count a request whose first line has arrived."""
        with self._lock:
            self._total += 1
            self._in_flight += 1

    def count_other(self) -> None:
        """Count a request to another port, which the total of nginx contains too."""
        with self._lock:
            self._total += 1

    def finish(self, exchange: Exchange | None) -> None:
        """Count the end of a request; None stands for one that matched no route.

        As in Kong's plugin, a counter appears with its first byte, never with 0 bytes.
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
        """Return all counts of this moment."""
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
        """Set all counts to zero, as a restart does; open connections and requests stay."""
        with self._lock:
            self._start_counting()

    def _start_counting(self) -> None:
        self._started_at = time.time()
        self._bandwidth: Counter[Bandwidth] = Counter()
        self._requests: Counter[Requests] = Counter()
        self._total = self._in_flight
        self._accepted = self._active
