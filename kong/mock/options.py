"""The options of ``python -m kong.mock``."""

import argparse
import re
import uuid
from pathlib import Path

from kong.mock.memory.shared_dict import SMALLEST_BYTES
from kong.mock.metrics.kong_2_7 import KONG_2_7
from kong.mock.metrics.kong_3_9 import KONG_3_9
from kong.mock.routes import DEFAULT_CONFIG

FORMATS = {version.kong: version for version in (KONG_3_9, KONG_2_7)}
MAX_WORKERS = 64
MAX_DICTIONARY_BYTES = 1024**3

_UNITS = {"": 1, "k": 1024, "m": 1024**2}


def parser(description: str | None) -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(prog="python -m kong.mock", description=description)
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
        "--workers",
        type=_workers,
        default=2,
        help="number of workers; each syncs its counts once a second (%(default)s)",
    )
    parser.add_argument(
        "--dictionary-size",
        type=_size,
        default="5m",
        metavar="SIZE",
        help="memory for the counters, in bytes or such as 64k; drops series if full (%(default)s)",
    )
    parser.add_argument(
        "--node-id", type=_uuid, metavar="UUID", help="identity of the node (new at each start)"
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


def _workers(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MAX_WORKERS:
        raise argparse.ArgumentTypeError(f"{text} is not from 1 to {MAX_WORKERS} workers")
    return int(text)


def _size(text: str) -> int:
    found = re.fullmatch(r"([0-9]{1,12})([km]?)", text.lower())
    size_bytes = int(found[1]) * _UNITS[found[2]] if found else 0
    if not SMALLEST_BYTES <= size_bytes <= MAX_DICTIONARY_BYTES:
        raise argparse.ArgumentTypeError(
            f"{text} is not a size from {SMALLEST_BYTES} bytes to {MAX_DICTIONARY_BYTES} bytes; "
            "write 65536, 64k or 5m"
        )
    return size_bytes


def _uuid(text: str) -> str:
    try:
        return str(uuid.UUID(text))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is not a UUID") from None


def _delay(text: str) -> float:
    longest_seconds = 600
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= longest_seconds:
        raise argparse.ArgumentTypeError(f"{text} is not from 0 to {longest_seconds} seconds")
    return seconds
