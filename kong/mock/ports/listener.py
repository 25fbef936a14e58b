"""The TCP server behind both ports of the gateway."""

import socketserver
import sys
import threading
from http.server import ThreadingHTTPServer
from typing import Any

# Far more than the demo and the tests open; nginx has such a limit too (worker_connections).
MAX_CONNECTIONS = 512


class ListenError(Exception):
    """The server cannot listen on an address; the message says which one and why."""


class Listener(ThreadingHTTPServer):
    """An HTTP server with one thread for each connection and a limit on connections."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], handler: Any) -> None:
        self._free = threading.BoundedSemaphore(MAX_CONNECTIONS)
        super().__init__(address, handler)

    def server_bind(self) -> None:
        """Bind without asking DNS for the name of this machine, which may take seconds.

        Raises:
            ListenError: the port is in use, or this machine does not have the address.

        """
        host, port = self.server_address[:2]
        try:
            socketserver.TCPServer.server_bind(self)
        except OSError as error:
            raise ListenError(f"{host!s}:{port}: {error.strerror}") from error
        self.server_name, self.server_port = self.server_address[:2]  # type: ignore[assignment]

    @property
    def url(self) -> str:
        """The URL that clients use, with the real port if any free one was asked for."""
        return f"http://{self.server_name}:{self.server_port}"

    def process_request(self, request: Any, client_address: Any) -> None:
        """Start a thread for the connection, or close it if there are too many."""
        if self._free.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve the connection and free its place afterwards."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print an error, unless a client only disconnected before its answer was complete."""
        if not isinstance(sys.exc_info()[1], (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)

    def start(self) -> None:
        """Serve in a new thread until ``shutdown`` is called."""
        threading.Thread(target=self.serve_forever, args=(0.1,), daemon=True).start()
