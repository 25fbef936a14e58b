"""The status port: /metrics and /status as in Kong, and more paths for tests.

GET  /metrics            the counts, in Prometheus's text format
GET  /status             200 while the gateway runs
GET  /truth              the exact counts as JSON, and the number of series that wait for a sync
POST /fail?seconds=N     let /metrics answer 503 for N seconds (default 60); counting continues
POST /ok                 let /metrics answer again
POST /reload             replace the workers; counts and the node's identity stay
POST /restart            set all counts to zero, as a restart of the gateway does
POST /plugin/off         disable the prometheus plugin: it counts no more, but keeps its counts
POST /plugin/on          enable the plugin again
"""

import json
import math
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs

from kong.mock.gateway import Gateway
from kong.mock.ports.counted_io import request_path
from kong.mock.ports.listener import Listener

MAX_FAIL_SECONDS = 86400.0

Reply = tuple[HTTPStatus, str, str]


class Status(Listener):
    """The server of the status port."""

    def __init__(
        self,
        address: tuple[str, int],
        *,
        gateway: Gateway,
        scrape_delay_seconds: float = 0.0,
        verbose: bool = False,
    ) -> None:
        self.gateway = gateway
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

    def setup(self) -> None:
        """Let a worker accept the connection, and count it."""
        super().setup()
        self.gateway = self.server.gateway
        self.worker = self.gateway.worker()
        self.gateway.counters.open_connection()

    def finish(self) -> None:
        """Count the client as disconnected."""
        self.gateway.counters.close_connection()
        super().finish()

    def do_GET(self) -> None:
        """Answer one of the paths for reading."""
        actions = {"/metrics": self._metrics, "/status": self._status, "/truth": self._truth}
        self._answer(actions)

    do_HEAD = do_GET  # noqa: N815 - the base calls this name

    def do_POST(self) -> None:
        """Run one of the actions for tests."""
        actions = {
            "/fail": self._fail,
            "/ok": self._ok,
            "/reload": self._reload,
            "/restart": self._restart,
            "/plugin/off": self._disable_plugin,
            "/plugin/on": self._enable_plugin,
        }
        # The actions read no body. A body that was sent anyway must not be read as a request.
        self.close_connection = True
        self._answer(actions)

    def version_string(self) -> str:
        """Return the Server header."""
        return f"kong/{self.gateway.kong.kong}"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Write a line of the access log if ``verbose`` is set."""
        if self.server.verbose:
            super().log_message(format, *args)

    def _answer(self, actions: dict[str, Any]) -> None:
        self.gateway.counters.count_other()
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
        if self.worker.is_retired:
            self.worker = self.gateway.worker()
        return HTTPStatus.OK, "text/plain", self.gateway.metrics(self.worker)

    def _status(self) -> Reply:
        snapshot = self.gateway.counters.snapshot()
        server = {
            "connections_accepted": snapshot.connections_accepted,
            "connections_active": snapshot.connections_active,
            "total_requests": snapshot.total_requests,
        }
        return _json(HTTPStatus.OK, {"server": server, "database": {"reachable": True}})

    def _truth(self) -> Reply:
        return _json(HTTPStatus.OK, truth(self.gateway))

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

    def _reload(self) -> Reply:
        self.gateway.reload()
        return _message(HTTPStatus.OK, "new workers have started")

    def _restart(self) -> Reply:
        self.gateway.restart()
        return _message(HTTPStatus.OK, "all counts are forgotten")

    def _disable_plugin(self) -> Reply:
        self.gateway.has_plugin = False
        return _message(HTTPStatus.OK, "the plugin counts no more")

    def _enable_plugin(self) -> Reply:
        self.gateway.has_plugin = True
        return _message(HTTPStatus.OK, "the plugin counts")


def truth(gateway: Gateway) -> dict[str, Any]:
    """Return the exact counts, sorted by service, route, consumer, workspace and direction.

    They are complete and at rest if ``in_flight`` is 0. Then every scrape shows the same if
    ``unsynced`` is 0 too, which is read last.
    """
    snapshot = gateway.counters.snapshot()
    return {
        "started_at": snapshot.started_at,
        "node_id": gateway.node_id,
        "workers": gateway.pids,
        "has_plugin": gateway.has_plugin,
        "in_flight": snapshot.in_flight,
        "unsynced": gateway.unsynced,
        "bandwidth_bytes": [
            {**key._asdict(), "bytes": value_bytes}
            for key, value_bytes in sorted(snapshot.bandwidth_bytes.items())
        ],
    }


def _message(code: HTTPStatus, message: str) -> Reply:
    return _json(code, {"message": message})


def _json(code: HTTPStatus, document: dict[str, Any]) -> Reply:
    return code, "application/json", json.dumps(document) + "\n"
