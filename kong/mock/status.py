"""The status port: /metrics and /status as in Kong, and more paths for tests.

GET  /metrics            the counts, in Prometheus's text format
GET  /status             200 while the gateway runs
GET  /truth              the exact counts as JSON
POST /fail?seconds=N     let /metrics answer 503 for N seconds (default 60); counting continues
POST /ok                 let /metrics answer again
POST /restart            set all counts to zero, as a restart of the gateway does
"""

import json
import math
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs

from kong.mock.counted_io import request_path
from kong.mock.counters import Counters, Snapshot
from kong.mock.exposition import FORMATS, Node, render
from kong.mock.listener import Listener

MAX_FAIL_SECONDS = 86400.0

Reply = tuple[HTTPStatus, str, str]


class Status(Listener):
    """The server of the status port."""

    def __init__(
        self,
        address: tuple[str, int],
        *,
        counters: Counters,
        node: Node,
        kong: str = "3.9",
        scrape_delay_seconds: float = 0.0,
        verbose: bool = False,
    ) -> None:
        self.counters = counters
        self.node = node
        self.families = FORMATS[kong]
        self.product = f"kong/{kong}"
        self.scrape_delay_seconds = scrape_delay_seconds
        self.verbose = verbose
        # A time of the monotonic clock. Threads may read and replace one float without a lock.
        self.failing_until = -math.inf
        super().__init__(address, StatusHandler)


class StatusHandler(BaseHTTPRequestHandler):
    """One connection to the status port."""

    server: Status
    protocol_version = "HTTP/1.1"
    timeout = 60.0
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Answer one of the paths for reading."""
        actions = {"/metrics": self._metrics, "/status": self._status, "/truth": self._truth}
        self._answer(actions)

    do_HEAD = do_GET  # noqa: N815 - the base calls this name

    def do_POST(self) -> None:
        """Run one of the actions for tests."""
        actions = {"/fail": self._fail, "/ok": self._ok, "/restart": self._restart}
        # The actions read no body. A body that was sent anyway must not be read as a request.
        self.close_connection = True
        self._answer(actions)

    def version_string(self) -> str:
        """Return the Server header."""
        return self.server.product

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Write a line of the access log if ``verbose`` is set."""
        if self.server.verbose:
            super().log_message(format, *args)

    def _answer(self, actions: dict[str, Any]) -> None:
        self.server.counters.count_other()
        action = actions.get(request_path(self.path))
        reply = _message(HTTPStatus.NOT_FOUND, "Not found") if action is None else action()
        code, content_type, text = reply
        body = text.encode()
        self.send_response(code)
        self.send_header("Content-Type", f"{content_type}; charset=UTF-8")
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _metrics(self) -> Reply:
        # The delay comes first, so that a slow scrape has the counts of its end.
        time.sleep(self.server.scrape_delay_seconds)
        if time.monotonic() < self.server.failing_until:
            return _message(HTTPStatus.SERVICE_UNAVAILABLE, "failing, as POST /fail asked")
        families = self.server.families(self.server.counters.snapshot(), self.server.node)
        return HTTPStatus.OK, "text/plain", render(families)

    def _status(self) -> Reply:
        snapshot = self.server.counters.snapshot()
        server = {
            "connections_accepted": snapshot.connections_accepted,
            "connections_active": snapshot.connections_active,
            "total_requests": snapshot.total_requests,
        }
        return _json(HTTPStatus.OK, {"server": server, "database": {"reachable": True}})

    def _truth(self) -> Reply:
        return _json(HTTPStatus.OK, truth(self.server.counters.snapshot()))

    def _fail(self) -> Reply:
        text = parse_qs(self.path.partition("?")[2]).get("seconds", ["60"])[-1]
        try:
            seconds = float(text)
        except ValueError:
            seconds = math.nan
        if not 0 <= seconds <= MAX_FAIL_SECONDS:
            return _message(
                HTTPStatus.BAD_REQUEST, f"seconds={text} is not a number from 0 to 86400"
            )
        self.server.failing_until = time.monotonic() + seconds
        return _message(HTTPStatus.OK, f"/metrics fails for {seconds:g} seconds")

    def _ok(self) -> Reply:
        self.server.failing_until = -math.inf
        return _message(HTTPStatus.OK, "/metrics answers")

    def _restart(self) -> Reply:
        self.server.counters.reset()
        return _message(HTTPStatus.OK, "all counts are forgotten")


def truth(snapshot: Snapshot) -> dict[str, Any]:
    """Return the exact counts, sorted by service, route, consumer, workspace and direction."""
    return {
        "started_at": snapshot.started_at,
        "in_flight": snapshot.in_flight,
        "bandwidth_bytes": [
            {**key._asdict(), "bytes": value_bytes}
            for key, value_bytes in sorted(snapshot.bandwidth_bytes.items())
        ],
    }


def _message(code: HTTPStatus, message: str) -> Reply:
    return _json(code, {"message": message})


def _json(code: HTTPStatus, document: dict[str, Any]) -> Reply:
    return code, "application/json", json.dumps(document) + "\n"
