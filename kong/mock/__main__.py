"""Run the mock gateway: python -m kong.mock."""

import argparse
import os
import signal
import sys
import uuid
from pathlib import Path

from kong.mock.counters import Counters
from kong.mock.exposition import FORMATS, Node
from kong.mock.listener import Listener, ListenError
from kong.mock.proxy import Proxy
from kong.mock.routes import DEFAULT_CONFIG, ConfigError, read_routes
from kong.mock.status import Status

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return 0 after SIGTERM or SIGINT, or 1 if the gateway cannot start."""
    options = _parser().parse_args(arguments)
    # The signals are blocked in all threads, and the main thread waits for them below. With a
    # handler, a signal could reach another thread, and the main thread would not wake up.
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    try:
        servers = _servers(options)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 1
    except ListenError as error:
        print(
            f"{error}; choose another with --host, --proxy-port or --status-port", file=sys.stderr
        )
        return 1
    for server in servers:
        server.start()
    proxy, status = servers
    print(f"ready: proxy {proxy.url} status {status.url} (Kong {options.kong})", flush=True)
    signal.sigwait(STOP_SIGNALS)
    for server in servers:
        server.shutdown()
        server.server_close()
    return 0


def _servers(options: argparse.Namespace) -> tuple[Listener, Listener]:
    routes = read_routes(options.config)
    counters = Counters()
    proxy = Proxy(
        (options.host, options.proxy_port),
        routes=routes,
        counters=counters,
        kong=options.kong,
        verbose=options.verbose,
    )
    status = Status(
        (options.host, options.status_port),
        counters=counters,
        node=Node(node_id=str(uuid.uuid4()), pid=os.getpid()),
        kong=options.kong,
        scrape_delay_seconds=options.scrape_delay,
        verbose=options.verbose,
    )
    return proxy, status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m kong.mock", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument(
        "--proxy-port", type=_port, default=9000, help="0 for any free port (%(default)s)"
    )
    parser.add_argument(
        "--status-port", type=_port, default=9001, help="0 for any free port (%(default)s)"
    )
    parser.add_argument(
        "--kong", choices=FORMATS, default="3.9", help="version of /metrics (%(default)s)"
    )
    parser.add_argument(
        "--config",
        type=Path,
        default=DEFAULT_CONFIG,
        help="file with the routes, in Kong's declarative format (kong/kong.yml)",
    )
    parser.add_argument(
        "--scrape-delay",
        type=_delay,
        default=0.0,
        metavar="SECONDS",
        help="wait before /metrics reads the counts and answers (%(default)s)",
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="write an access log")
    return parser


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:  # noqa: PLR2004 - the highest port
        raise argparse.ArgumentTypeError(f"{text} is not a port; choose 0 to 65535")
    return int(text)


def _delay(text: str) -> float:
    longest_seconds = 600
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= longest_seconds:
        raise argparse.ArgumentTypeError(f"{text} is not from 0 to {longest_seconds} seconds")
    return seconds


if __name__ == "__main__":
    sys.exit(main())
