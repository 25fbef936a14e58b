"""The exact counts of the gateway since it started, whatever Kong's plugin shows of them."""

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


@dataclass(frozen=True)
class Exchange:
    """One request that matched a route, with the bytes that it and its answer had on the socket.

    ``source`` says who answered: service or kong. The times are in milliseconds: the whole request,
    Kong's part of it, and the wait for the service, which is None if Kong answered.
    """

    service: str
    route: str
    consumer: str
    code: int
    source: str
    ingress_bytes: int
    egress_bytes: int
    request_ms: int = 0
    kong_ms: int = 0
    upstream_ms: int | None = None

    def moved_bytes(self) -> tuple[tuple[str, int], ...]:
        """Return the bytes by direction. As in Kong's plugin, a direction has bytes or is absent.

        A counter therefore appears with its first byte.
        """
        both = (("ingress", self.ingress_bytes), ("egress", self.egress_bytes))
        return tuple((direction, size_bytes) for direction, size_bytes in both if size_bytes > 0)


@dataclass(frozen=True)
class Snapshot:
    """All counts at one moment."""

    started_at: float
    bandwidth_bytes: dict[Bandwidth, int]
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
        """Count a client that connected, to any port."""
        with self._lock:
            self._accepted += 1
            self._active += 1

    def close_connection(self) -> None:
        """Count a client that disconnected."""
        with self._lock:
            self._active -= 1

    def begin(self) -> None:
        """Count a request whose first byte has arrived, as nginx does."""
        with self._lock:
            self._total += 1
            self._in_flight += 1

    def count_other(self) -> None:
        """Count a request to another port, which the total of nginx contains too."""
        with self._lock:
            self._total += 1

    def finish(self, exchange: Exchange | None) -> None:
        """Count the end of a request; None stands for one that matched no route."""
        with self._lock:
            self._in_flight -= 1
            if exchange is None:
                return
            parties = (exchange.service, exchange.route, exchange.consumer, WORKSPACE)
            for direction, size_bytes in exchange.moved_bytes():
                self._bandwidth[Bandwidth(*parties, direction)] += size_bytes

    def snapshot(self) -> Snapshot:
        """Return all counts of this moment."""
        with self._lock:
            return Snapshot(
                started_at=self._started_at,
                bandwidth_bytes=dict(self._bandwidth),
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
        self._total = self._in_flight
        self._accepted = self._active
