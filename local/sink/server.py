"""Run the sink: an SMTP thread and a page thread that share one mailbox."""

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from local.sink.app import create_app
from local.sink.mailbox import Mailbox
from local.sink.refusals import Refusals
from local.sink.smtp import Receiver, serving

BACKLOG = 128
REQUEST_SECONDS = 10
STOP_POLL_SECONDS = 0.05
STOP_SECONDS = 5
WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared, never bound


class ListenError(Exception):
    """A port cannot be opened; the message says which, why and what to do."""


@dataclass(frozen=True, slots=True)
class Sink:
    """A running sink: its addresses, its mails and its refusals."""

    host: str
    smtp_port: int
    page_port: int
    mailbox: Mailbox
    refusals: Refusals

    @property
    def page_url(self) -> str:
        """The URL of the page, with a slash at the end."""
        return f"http://{authority(self.host, self.page_port)}/"


@contextmanager
def running(*, host: str = "127.0.0.1", smtp_port: int = 0, page_port: int = 0) -> Iterator[Sink]:
    """Run a sink inside the ``with`` block; port 0 means any free port.

    Both ports accept connections as soon as the block starts.

    Raises:
        ListenError: a port is in use, or this machine does not have the host's address.

    """
    mailbox, refusals = Mailbox(), Refusals()
    with ExitStack() as stack:
        smtp = stack.enter_context(_listening(host, smtp_port, "SMTP"))
        page = stack.enter_context(_listening(host, page_port, "page"))
        sink = Sink(host, smtp.getsockname()[1], page.getsockname()[1], mailbox, refusals)
        app = create_app(mailbox, refusals, smtp_host=reachable(host), smtp_port=sink.smtp_port)
        stack.enter_context(serving(smtp, Receiver(mailbox, refusals)))
        stack.enter_context(_serving_page(page, app))
        yield sink


def reachable(host: str) -> str:
    """Return a host by which a client on this machine reaches a server that listens on ``host``."""
    return WILDCARDS.get(host, host)


def authority(host: str, port: int) -> str:
    """Return ``host:port`` as it is written in a URL."""
    name = reachable(host)
    return f"[{name}]:{port}" if ":" in name else f"{name}:{port}"


def _listening(host: str, port: int, what: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        reason = str(error.strerror).partition(" (while")[0]  # create_server adds the address
        raise ListenError(
            f"{what} port {port} on {host} cannot be opened: {reason}; "
            f"stop what uses it, or name another with --{what.lower()}-port or --host"
        ) from error


class _RequestHandler(WSGIRequestHandler):
    """Closes connections of silent clients and does not log, since the page polls each second."""

    timeout = REQUEST_SECONDS

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log nothing."""


@contextmanager
def _serving_page(listener: socket.socket, app: Flask) -> Iterator[None]:
    host, port = listener.getsockname()[:2]
    server = make_server(
        host, port, app, threaded=True, request_handler=_RequestHandler, fd=listener.fileno()
    )
    thread = threading.Thread(
        target=server.serve_forever, args=(STOP_POLL_SECONDS,), name="page", daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join(STOP_SECONDS)
