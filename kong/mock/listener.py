"""The TCP side of both ports."""

import socketserver
import sys
import threading
from http.server import ThreadingHTTPServer
from typing import Any

# Many times what the demo and the tests open; nginx has such a limit too (worker_connections).
MAX_CONNECTIONS = 512


class ListenError(Exception):
    """An address cannot be listened on; the text says which, and why."""


class Listener(ThreadingHTTPServer):
    """A server with a thread for each connection, and a limit on connections."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], handler: Any) -> None:
        self._free = threading.BoundedSemaphore(MAX_CONNECTIONS)
        super().__init__(address, handler)

    def server_bind(self) -> None:
        """Bind without asking the DNS for our own name, which may take seconds.

        Raises:
            ListenError: another process has the port, or the host is not ours.

        """
        host, port = self.server_address[:2]
        try:
            socketserver.TCPServer.server_bind(self)
        except OSError as error:
            raise ListenError(f"{host!s}:{port}: {error.strerror}") from error
        self.server_name, self.server_port = self.server_address[:2]  # type: ignore[assignment]

    @property
    def url(self) -> str:
        """The address that clients use, with the port that was really bound."""
        return f"http://{self.server_name}:{self.server_port}"

    def process_request(self, request: Any, client_address: Any) -> None:
        """Give the connection a thread, or close it when there are too many."""
        if self._free.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve the connection; its place is free again whatever happens."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Report a failure, unless it is only a client that went before its answer was complete."""
        if not isinstance(sys.exc_info()[1], (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)

    def start(self) -> None:
        """Serve in a thread of its own until `shutdown`."""
        threading.Thread(target=self.serve_forever, args=(0.1,), daemon=True).start()
