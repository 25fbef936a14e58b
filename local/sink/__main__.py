"""Run the mail sink until SIGTERM or SIGINT: python -m local.sink."""

import argparse
import logging
import signal
import sys
import threading

from local.sink.server import ListenError, authority, running

MAX_PORT = 65535


def port(text: str) -> int:
    """Return the port that an argument names, or raise what argparse shows to the user."""
    if not text.isdecimal() or int(text) > MAX_PORT:
        raise argparse.ArgumentTypeError(f'"{text}" is not a port: 0 (any free one) to {MAX_PORT}')
    return int(text)


def main() -> int:
    """Run the command line; return 0 after a signal, or 1 if a port cannot be opened."""
    parser = argparse.ArgumentParser(prog="python -m local.sink", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument(
        "--smtp-port",
        type=port,
        default=1025,
        help="port for SMTP, 0 for any free one (%(default)s)",
    )
    parser.add_argument(
        "--page-port",
        type=port,
        default=8025,
        help="port of the page, 0 for any free one (%(default)s)",
    )
    arguments = parser.parse_args()
    logging.basicConfig(stream=sys.stdout, format="%(message)s")
    logging.getLogger("local.sink").setLevel(logging.INFO)

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        with running(
            host=arguments.host, smtp_port=arguments.smtp_port, page_port=arguments.page_port
        ) as sink:
            smtp = authority(sink.host, sink.smtp_port)
            print(f"mail sink ready: smtp://{smtp} page {sink.page_url}", flush=True)
            stop.wait()
    except ListenError as error:
        print(f"mail sink: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
