"""An HTTP server in this process, in place of another program."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class QuietHandler(BaseHTTPRequestHandler):
    """Answers requests with bodies of known length, and logs nothing."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer a request, with its body."""
        self.answer(self.rfile.read(int(self.headers.get("Content-Length", "0"))))

    def do_POST(self) -> None:
        """Answer a request, with its body."""
        self.do_GET()

    def answer(self, body: bytes) -> None:
        """Reply to a request with this body."""
        raise NotImplementedError

    def reply(
        self, body: bytes, content_type: str = "application/json", *, status: int = 200
    ) -> None:
        """Send an answer. The client need not read all of it."""
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with suppress(OSError):
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """Serve on a free port of loopback inside the ``with`` block. Give host and port."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        # How often it looks whether it shall end, in seconds.
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
