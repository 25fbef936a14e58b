"""A mock gateway in this process, and clients that send bytes to it."""

import http.client
import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from kong.mock import gateway as mock
from kong.mock.counters import Counters
from kong.mock.metrics.kong_3_9 import KONG_3_9
from kong.mock.ports.listener import Listener
from kong.mock.ports.proxy import Proxy
from kong.mock.ports.status import Status
from kong.mock.routes import DEFAULT_CONFIG, read_routes
from tests.integration.support.gateway import synced_metrics

WAIT_SECONDS = 10.0
Counted = dict[tuple[str, str, str], int]


@dataclass(frozen=True)
class Gateway:
    """A gateway in this process, with both of its ports."""

    proxy: Proxy
    status: Status

    @property
    def counters(self) -> Counters:
        """The exact counts."""
        return self.proxy.gateway.counters

    def ask(self, method: str, target: str) -> tuple[int, str]:
        """Return the status and the body that the status port answers."""
        connection = http.client.HTTPConnection(*address(self.status), timeout=WAIT_SECONDS)
        connection.request(method, target)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, text

    def truth(self) -> dict[str, Any]:
        """Return the JSON of /truth."""
        truth: dict[str, Any] = json.loads(self.ask("GET", "/truth")[1])
        return truth

    def counted(self) -> Counted:
        """Wait until no request is open; return the bytes by route, consumer and direction."""
        wait_until(lambda: self.counters.snapshot().in_flight == 0)
        rows = self.truth()["bandwidth_bytes"]
        return {(row["route"], row["consumer"], row["direction"]): row["bytes"] for row in rows}

    def metrics(self) -> str:
        """Wait until all workers have synced, and return the text of /metrics."""
        return synced_metrics(self.status.url)

    def connect(self) -> socket.socket:
        """Return a new connection to the proxy port."""
        return socket.create_connection(address(self.proxy), timeout=WAIT_SECONDS)


@contextmanager
def running() -> Iterator[Gateway]:
    """Run a gateway in this process."""
    counted = mock.Gateway(KONG_3_9, workers=2)
    proxy = Proxy(("127.0.0.1", 0), routes=read_routes(DEFAULT_CONFIG), gateway=counted)
    status = Status(("127.0.0.1", 0), gateway=counted)
    counted.start()
    for server in (proxy, status):
        server.start()
    yield Gateway(proxy, status)
    for server in (proxy, status):
        server.shutdown()
        server.server_close()
    counted.stop()


def address(server: Listener) -> tuple[str, int]:
    return server.server_name, server.server_port


def wait_until(condition: Callable[[], bool]) -> None:
    ends = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < ends, "the condition was never true"
        time.sleep(0.005)


def read_to_the_end(client: socket.socket) -> bytes:
    return b"".join(iter(lambda: client.recv(65536), b""))


def request(
    method: str, target: str, *headers: str, body: bytes = b"", last: bool = False
) -> bytes:
    lines = [f"{method} {target} HTTP/1.1", "Host: gateway", *headers]
    if last:
        lines.append("Connection: close")
    return "\r\n".join([*lines, "", ""]).encode() + body
