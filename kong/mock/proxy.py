"""The proxy port: it answers requests and counts their bytes as Kong does.

Kong reads two variables of nginx after the answer: $request_length (request line, headers and body
as they arrived, with the framing of chunks) and $bytes_sent (everything sent for the request). See
https://nginx.org/en/docs/http/ngx_http_core_module.html#variables.
"""

import json
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler

from kong.mock.counted_io import (
    BLOCK_BYTES,
    BodyError,
    CountingReader,
    CountingWriter,
    request_path,
    skip_body,
)
from kong.mock.counters import Counters, Exchange
from kong.mock.listener import Listener
from kong.mock.routes import Route, match_route

CONSUMER_HEADER = "X-Consumer-Username"
MAX_BODY_BYTES = 1024**3
SIZED = "/bytes/"
# A client that neither sends nor reads for this long is disconnected, as by default in nginx.
IDLE_SECONDS = 60.0

_BLOCK = memoryview(b"0123456789abcdef" * (BLOCK_BYTES // 16))


@dataclass(frozen=True)
class Answer:
    """An answer to a client: with ``body``, or with ``size_bytes`` of any content if it is None."""

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
    """One connection of a client, with any number of requests."""

    server: Proxy
    rfile: CountingReader
    wfile: CountingWriter
    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    disable_nagle_algorithm = True

    def setup(self) -> None:
        """Replace the files of the connection with files that count bytes."""
        super().setup()
        self.rfile.close()
        self.rfile = CountingReader(self.connection.makefile("rb", buffering=0))
        self.wfile = CountingWriter(self.connection)
        self.server.counters.open_connection()

    def finish(self) -> None:
        """Count the client as disconnected."""
        self.server.counters.close_connection()
        super().finish()

    def handle_one_request(self) -> None:
        """Wait for a request, answer it, and count it even if the client disconnects."""
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
        """Count the request, whose first line has arrived, and read its headers."""
        self.begun = True
        self.server.counters.begin()
        return super().parse_request()

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
        self._send(answer)

    do_GET = do_HEAD = do_POST = do_PUT = answer  # noqa: N815 - the base calls these names
    do_DELETE = do_OPTIONS = do_PATCH = answer  # noqa: N815 - the same

    def version_string(self) -> str:
        """Return the Server header."""
        return self.server.product

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
    """Return the answer for the path after that of the route: ``/bytes/N`` is N bytes long."""
    if not rest.startswith(SIZED):
        return Answer(HTTPStatus.OK, body=b'{"message":"ok"}')
    digits = rest.removeprefix(SIZED)
    # The number of digits is checked first, since int() is slow with thousands of them.
    is_size = digits.isascii() and digits.isdigit() and len(digits) <= len(str(MAX_BODY_BYTES))
    if not is_size or int(digits) > MAX_BODY_BYTES:
        return refusal(
            HTTPStatus.BAD_REQUEST, f"after {SIZED} comes a number from 0 to {MAX_BODY_BYTES}"
        )
    return Answer(HTTPStatus.OK, content_type="application/octet-stream", size_bytes=int(digits))


def no_route() -> Answer:
    """Return Kong's answer to a request that matches no route.

    Kong's plugin does not count such a request, since there is no route to label it with.
    """
    return refusal(HTTPStatus.NOT_FOUND, "no Route matched with those values", source="kong")


def refusal(code: HTTPStatus, message: str, *, source: str = "service") -> Answer:
    """Return an error in the format of Kong."""
    body = json.dumps({"message": message}, separators=(",", ":")).encode()
    return Answer(code, source=source, body=body)
