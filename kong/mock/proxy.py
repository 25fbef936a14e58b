"""The proxy port: answers requests and counts their bytes as Kong does.

Kong takes its sizes from nginx: $request_length (request line, headers and body as they arrived,
chunk framing included) and $bytes_sent (everything sent for the request), counted after the answer
(https://nginx.org/en/docs/http/ngx_http_core_module.html#variables).
"""

import json
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler

from kong.mock.counters import Counters, Exchange
from kong.mock.listener import Listener
from kong.mock.routes import Route, match_route
from kong.mock.wire import (
    BLOCK_BYTES,
    BodyError,
    CountingReader,
    CountingWriter,
    request_path,
    skip_body,
)

CONSUMER_HEADER = "X-Consumer-Username"
MAX_BODY_BYTES = 1024**3
SIZED = "/bytes/"
# A client that neither sends nor reads for so long is gone; nginx's defaults are 60 s too.
IDLE_SECONDS = 60.0

_BLOCK = memoryview(b"0123456789abcdef" * (BLOCK_BYTES // 16))


@dataclass(frozen=True)
class Answer:
    """What goes back to the client: `body`, or `size_bytes` of filling where body is None."""

    code: HTTPStatus
    source: str = "service"
    content_type: str = "application/json; charset=utf-8"
    body: bytes | None = None
    size_bytes: int = 0


class Proxy(Listener):
    """The server of the proxy port."""

    def __init__(
        self,
        address: tuple[str, int],
        *,
        routes: tuple[Route, ...],
        counters: Counters,
        kong: str = "3.9",
        verbose: bool = False,
    ) -> None:
        self.routes = routes
        self.counters = counters
        self.product = f"kong/{kong}"
        self.verbose = verbose
        super().__init__(address, ProxyHandler)


class ProxyHandler(BaseHTTPRequestHandler):
    """One client's connection, with any number of requests."""

    server: Proxy
    rfile: CountingReader
    wfile: CountingWriter
    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    disable_nagle_algorithm = True

    def setup(self) -> None:
        """Put counting files over the connection."""
        super().setup()
        self.rfile.close()
        self.rfile = CountingReader(self.connection.makefile("rb", buffering=0))
        self.wfile = CountingWriter(self.connection)
        self.server.counters.open_connection()

    def finish(self) -> None:
        """Count the client as gone."""
        self.server.counters.close_connection()
        super().finish()

    def handle_one_request(self) -> None:
        """Wait for a request, answer it, and count it whatever became of the client."""
        self.rfile.count_bytes = self.wfile.count_bytes = 0
        self.matched: tuple[Route, Answer] | None = None
        self.begun = False
        try:
            super().handle_one_request()
        except ConnectionError:
            self.close_connection = True
        finally:
            if self.begun:
                self.server.counters.finish(self._exchange())

    def parse_request(self) -> bool:
        """Read the headers, after the request line has arrived."""
        self.begun = True
        self.server.counters.begin()
        return super().parse_request()

    def answer(self) -> None:
        """Take the request with its body, and answer it."""
        path = request_path(self.path)
        route = match_route(self.server.routes, path)
        answer = no_route() if route is None else route_answer(path.removeprefix(route.path))
        if route is not None:
            # Known before the body, so that an upload that breaks off is counted.
            self.matched = (route, answer)
        try:
            skip_body(self.rfile, self.headers, MAX_BODY_BYTES)
        except BodyError as error:
            self.close_connection = True
            answer = refusal(HTTPStatus.BAD_REQUEST, str(error), source="kong")
            if route is not None:
                self.matched = (route, answer)
        self._send(answer)

    do_GET = do_HEAD = do_POST = do_PUT = answer  # noqa: N815 - the base calls these names
    do_DELETE = do_OPTIONS = do_PATCH = answer  # noqa: N815 - the same

    def version_string(self) -> str:
        """Give the Server header."""
        return self.server.product

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Write the access log, if it is wanted."""
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
        if self.command == "HEAD":
            return
        if body is not None:
            self.wfile.write(body)
            return
        for sent_bytes in range(0, size_bytes, BLOCK_BYTES):
            self.wfile.write(_BLOCK[: size_bytes - sent_bytes])

    def _exchange(self) -> Exchange | None:
        if self.matched is None:
            return None
        route, answer = self.matched
        return Exchange(
            service=route.service,
            route=route.route,
            # http.server reads headers as Latin-1; Kong's labels are UTF-8.
            consumer=self.headers.get(CONSUMER_HEADER, "")
            .encode("latin-1")
            .decode(errors="replace"),
            code=answer.code,
            source=answer.source,
            ingress_bytes=self.rfile.count_bytes,
            egress_bytes=self.wfile.count_bytes,
        )


def route_answer(rest: str) -> Answer:
    """Answer what follows a route's path: `/bytes/N` is N bytes, all else is small."""
    if not rest.startswith(SIZED):
        return Answer(HTTPStatus.OK, body=b'{"message":"ok"}')
    digits = rest.removeprefix(SIZED)
    # The length is looked at first: int() refuses, and is slow on, thousands of digits.
    is_size = digits.isascii() and digits.isdigit() and len(digits) <= len(str(MAX_BODY_BYTES))
    if not is_size or int(digits) > MAX_BODY_BYTES:
        return refusal(
            HTTPStatus.BAD_REQUEST, f"after {SIZED} comes a number from 0 to {MAX_BODY_BYTES}"
        )
    return Answer(HTTPStatus.OK, content_type="application/octet-stream", size_bytes=int(digits))


def no_route() -> Answer:
    """Say what Kong says where no route matches.

    Its plugin counts nothing then, for without a route there is nothing to label.
    """
    return refusal(HTTPStatus.NOT_FOUND, "no Route matched with those values", source="kong")


def refusal(code: HTTPStatus, message: str, *, source: str = "service") -> Answer:
    """Give an error in Kong's shape."""
    body = json.dumps({"message": message}, separators=(",", ":")).encode()
    return Answer(code, source=source, body=body)
