"""An address on this machine at which promtool can ask a Prometheus.

It adds the credentials, which older versions of promtool cannot send, and which have no place on a
command line. It also asks for whole answers: promtool would take a part of the data for all of it.
"""

import secrets
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlencode

import requests

from quotas.http.exchange import open_session
from quotas.prometheus.endpoint import Endpoint
from quotas.prometheus.partial_answers import QUERY_PARAMETERS

CONNECT_TIMEOUT_SECONDS = 10
# A query over a month of a large fleet takes its time.
ANSWER_TIMEOUT_SECONDS = 600
LARGEST_REQUEST_BYTES = 2**20
_BAD_REQUEST, _NOT_FOUND, _BAD_GATEWAY = 400, 404, 502


@contextmanager
def forwarding(endpoint: Endpoint) -> Iterator[str]:
    """Give an address that needs no credentials inside the ``with`` block.

    It is on the loopback interface, and has a part that other users of this machine cannot guess.
    """
    prefix = f"/{secrets.token_urlsafe(16)}"
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(endpoint, prefix))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}{prefix}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler_of(endpoint: Endpoint, prefix: str) -> type[BaseHTTPRequestHandler]:
    """Return a class that answers each query below the prefix with the endpoint's answer."""
    session = open_session()

    class Handler(BaseHTTPRequestHandler):
        timeout = CONNECT_TIMEOUT_SECONDS

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "")
            if not length.isdecimal() or int(length) > LARGEST_REQUEST_BYTES:
                self.send_error(_BAD_REQUEST)
                return
            form = self.rfile.read(int(length))
            self._forward(b"&".join([form, urlencode(QUERY_PARAMETERS).encode()]))

        def log_message(self, *_: object) -> None:
            """Log nothing: the address is secret."""

        def _forward(self, body: bytes) -> None:
            if not self.path.startswith(f"{prefix}/"):
                self.send_error(_NOT_FOUND)
                return
            try:
                with session.request(
                    self.command,
                    endpoint.url + self.path.removeprefix(prefix),
                    data=body,
                    headers={"Content-Type": self.headers.get("Content-Type", "")},
                    auth=endpoint.headers,
                    verify=endpoint.ca_file or None,
                    timeout=(CONNECT_TIMEOUT_SECONDS, ANSWER_TIMEOUT_SECONDS),
                    stream=True,
                ) as answer:
                    self.send_response(answer.status_code)
                    self.send_header("Content-Type", answer.headers.get("Content-Type", ""))
                    self.end_headers()
                    shutil.copyfileobj(answer.raw, self.wfile)
            except requests.RequestException:
                self.send_error(_BAD_GATEWAY)

    return Handler
