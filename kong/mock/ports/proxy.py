"""The proxy port: it answers requests and counts their bytes as Kong does.

Kong reads two variables of nginx after the answer: $request_length (request line, headers and body
as they arrived, with the framing of chunks) and $bytes_sent (everything sent for the request). See
https://nginx.org/en/docs/http/ngx_http_core_module.html#variables.
"""

import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler

from kong.mock.counters import Exchange
from kong.mock.gateway import Gateway
from kong.mock.ports.answers import MAX_BODY_BYTES, Answer, no_route, refusal, route_answer
from kong.mock.ports.counted_io import (
    BLOCK_BYTES,
    BodyError,
    CountingReader,
    CountingWriter,
    request_path,
    skip_body,
)
from kong.mock.ports.listener import Listener
from kong.mock.ports.refusals import LINE_BYTES, MESSAGES, refused
from kong.mock.routes import Route, match_route

CONSUMER_HEADER = "X-Consumer-Username"
# A client that neither sends nor reads for this long is disconnected, as by default in nginx.
IDLE_SECONDS = 60.0

_BLOCK = memoryview(b"0123456789abcdef" * (BLOCK_BYTES // 16))


class Proxy(Listener):
    """The server of the proxy port."""

    def __init__(
        self,
        address: tuple[str, int],
        *,
        routes: tuple[Route, ...],
        gateway: Gateway,
        verbose: bool = False,
    ) -> None:
        self.routes = routes
        self.gateway = gateway
        self.verbose = verbose
        super().__init__(address, ProxyHandler)


class ProxyHandler(BaseHTTPRequestHandler):
    """One connection of a client, with any number of requests."""

    server: Proxy
    rfile: CountingReader
    wfile: CountingWriter
    raw_requestline: bytes
    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    disable_nagle_algorithm = True

    def setup(self) -> None:
        """Replace the files of the connection with files that count bytes."""
        super().setup()
        self.rfile.close()
        self.rfile = CountingReader(self.connection.makefile("rb", buffering=0))
        self.wfile = CountingWriter(self.connection)
        self.gateway = self.server.gateway
        self.worker = self.gateway.worker()
        self.gateway.counters.open_connection()

    def finish(self) -> None:
        """Count the client as disconnected."""
        self.gateway.counters.close_connection()
        super().finish()

    def handle_one_request(self) -> None:
        """Wait for a request, answer it, and count it even if the client disconnects."""
        self.rfile.count_bytes = self.wfile.count_bytes = 0
        self.matched: tuple[Route, Answer] | None = None
        if not self._has_begun():
            self.close_connection = True
            return
        if self.worker.is_retired:
            # nginx would have closed the idle connection, and the client opened a new one.
            self.worker = self.gateway.worker()
        self.gateway.counters.begin()
        self.begun_at = self.answered_at = self.first_byte_at = time.monotonic()
        try:
            super().handle_one_request()
        except ConnectionError:
            self.close_connection = True
        finally:
            self.gateway.finish(self.worker, self._exchange())

    def parse_request(self) -> bool:
        """Read the headers; answer the request and return False if nginx refuses it."""
        if len(self.raw_requestline) > LINE_BYTES:
            self.requestline = self.command = ""
            self.send_error(HTTPStatus.REQUEST_URI_TOO_LONG)
            return False
        if not super().parse_request():
            return False
        if self.rfile.last_line not in (b"\r\n", b"\n"):
            # The client disconnected before the end of the headers.
            self.close_connection = True
            return False
        head_bytes = self.rfile.count_bytes - len(self.raw_requestline)
        code = refused(self.command, self.request_version, self.headers, head_bytes)
        if code is not None:
            self.send_error(code)
        return code is None

    def send_error(
        self,
        code: int,
        message: str | None = None,  # noqa: ARG002 - of the base class, which logs it
        explain: str | None = None,  # noqa: ARG002 - the same
    ) -> None:
        """Refuse a request without a route as Kong does, and close the connection."""
        text = MESSAGES.get(code, "Not supported")
        if code == HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE:
            # nginx has a code of its own for this, 494, which Kong turns into 400.
            code = HTTPStatus.BAD_REQUEST
        self.close_connection = True
        # The base class writes no status line if it could not read a version.
        self.request_version = self.protocol_version
        self._send(refusal(code, text, source="kong"))

    def answer(self) -> None:
        """Read the body of the request and answer it."""
        path = request_path(self.path)
        route = match_route(self.server.routes, path)
        answer = no_route() if route is None else route_answer(path.removeprefix(route.path))
        if route is not None:
            # Set before the body is read, so that an interrupted upload is counted too.
            self.matched = (route, answer)
        try:
            skip_body(self.rfile, self.headers, MAX_BODY_BYTES)
        except BodyError as error:
            self.close_connection = True
            answer = refusal(HTTPStatus.BAD_REQUEST, str(error), source="kong")
            if route is not None:
                self.matched = (route, answer)
        self.answered_at = time.monotonic()
        self._send(answer)

    do_GET = do_HEAD = do_POST = do_PUT = answer  # noqa: N815 - the base calls these names
    do_DELETE = do_OPTIONS = do_PATCH = answer  # noqa: N815 - the same

    def version_string(self) -> str:
        """Return the Server header."""
        return f"kong/{self.gateway.kong.kong}"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Write a line of the access log if ``verbose`` is set."""
        if self.server.verbose:
            super().log_message(format, *args)

    def _send(self, answer: Answer) -> None:
        body = answer.body
        size_bytes = answer.size_bytes if body is None else len(body)
        self.send_response(answer.code)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(size_bytes))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.first_byte_at = time.monotonic()
        if self.command == "HEAD":
            return
        if body is not None:
            self.wfile.write(body)
            return
        for sent_bytes in range(0, size_bytes, BLOCK_BYTES):
            self.wfile.write(_BLOCK[: size_bytes - sent_bytes])

    def _has_begun(self) -> bool:
        """Wait for the first byte of a request; return False if the client disconnects."""
        try:
            return bool(self.rfile.peek(1))
        except (ConnectionError, TimeoutError):
            return False

    def _exchange(self) -> Exchange | None:
        if self.matched is None:
            return None
        route, answer = self.matched
        waited_ms = _milliseconds(self.answered_at, self.first_byte_at)
        return Exchange(
            service=route.service,
            route=route.route,
            # http.server reads headers as Latin-1.
            consumer=label_text(self.headers.get(CONSUMER_HEADER, "").encode("latin-1")),
            code=answer.code,
            source=answer.source,
            ingress_bytes=self.rfile.count_bytes,
            egress_bytes=self.wfile.count_bytes,
            request_ms=_milliseconds(self.begun_at, time.monotonic()),
            kong_ms=_milliseconds(self.begun_at, self.answered_at),
            upstream_ms=waited_ms if answer.source == "service" else None,
        )


def label_text(name: bytes) -> str:
    """Return a name as a label of Kong, which ends before the first byte that is not UTF-8."""
    try:
        return name.decode()
    except UnicodeDecodeError as error:
        return name[: error.start].decode()


def _milliseconds(begin: float, end: float) -> int:
    return max(0, round((end - begin) * 1000))
