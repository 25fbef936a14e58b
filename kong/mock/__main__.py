"""Run the mock gateway: python -m kong.mock."""

import argparse
import os
import signal
import sys

from kong.mock.gateway import Gateway
from kong.mock.options import FORMATS, parser
from kong.mock.ports.listener import Listener, ListenError
from kong.mock.ports.proxy import Proxy
from kong.mock.ports.status import Status
from kong.mock.routes import ConfigError, read_routes

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return 0 after SIGTERM or SIGINT, or 1 if the gateway cannot start."""
    options = parser(__doc__).parse_args(arguments)
    # The signals are blocked in all threads, and the main thread waits for them below. With a
    # handler, a signal could reach another thread, and the main thread would not wake up.
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    gateway = Gateway(
        FORMATS[options.kong],
        workers=options.workers,
        # nginx's master has the first process id; this process plays the master.
        first_pid=os.getpid() + 1,
        dictionary_bytes=options.dictionary_size,
        node_id=options.node_id,
    )
    try:
        servers = _servers(options, gateway)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 1
    except ListenError as error:
        print(
            f"{error}; choose another with --host, --proxy-port or --status-port", file=sys.stderr
        )
        return 1
    gateway.start()
    for server in servers:
        server.start()
    proxy, status = servers
    print(f"ready: proxy {proxy.url} status {status.url} (Kong {options.kong})", flush=True)
    signal.sigwait(STOP_SIGNALS)
    for server in servers:
        server.shutdown()
        server.server_close()
    gateway.stop()
    return 0


def _servers(options: argparse.Namespace, gateway: Gateway) -> tuple[Listener, Listener]:
    routes = read_routes(options.config)
    proxy = Proxy(
        (options.host, options.proxy_port),
        routes=routes,
        gateway=gateway,
        verbose=options.verbose,
    )
    status = Status(
        (options.host, options.status_port),
        gateway=gateway,
        scrape_delay_seconds=options.scrape_delay,
        verbose=options.verbose,
    )
    return proxy, status


if __name__ == "__main__":
    sys.exit(main())
