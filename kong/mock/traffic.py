"""Send a reproducible pattern of requests to a gateway: python -m kong.mock.traffic."""

import argparse
import http.client
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import SplitResult, urlsplit

from kong.mock.ports.counted_io import BLOCK_BYTES
from kong.mock.ports.proxy import CONSUMER_HEADER

# Shares of the requests; "" sends no consumer.
ROUTES: Mapping[str, float] = MappingProxyType({"/bin": 3, "/bun": 6, "/ban": 1})
CONSUMERS: Mapping[str, float] = MappingProxyType({"acme": 5, "globex": 3, "": 2})

RETRY_SECONDS = 1.0
TIMEOUT_SECONDS = 10.0
# The body of an upload is held in memory.
MAX_REQUEST_BYTES = 64e6


@dataclass(frozen=True)
class PlannedRequest:
    """One request: when it is due after the start, and what it sends or asks for."""

    at_seconds: float
    method: str
    path: str
    consumer: str
    body_bytes: int


def plan_requests(
    seed: int,
    *,
    rate: float = 5.0,
    bytes_per_second: float = 10_000.0,
    uploads: float = 0.2,
    routes: Mapping[str, float] = ROUTES,
    consumers: Mapping[str, float] = CONSUMERS,
) -> Iterator[PlannedRequest]:
    """Yield requests without end; the same arguments always give the same requests.

    Sizes and pauses vary by half around their mean, so that usage grows evenly. A route moves its
    share of the bytes: with 10 kB/s, 6 of 10 shares and 20 % uploads, ``/bun`` answers with 4.8
    kB/s. Headers add about 150 bytes in each direction to each request.

    Args:
        seed: any number.
        rate: the mean number of requests per second.
        bytes_per_second: the mean sum of all bodies, in both directions.
        uploads: the share of requests that upload their bytes instead of downloading them.
        routes: from each path prefix to its share of the requests.
        consumers: from each consumer to its share of the requests.

    """
    chance = random.Random(seed)  # noqa: S311 - a pattern, not a secret
    mean_bytes = bytes_per_second / rate
    at_seconds = 0.0
    while True:
        at_seconds += chance.uniform(0.5, 1.5) / rate
        size_bytes = round(mean_bytes * chance.uniform(0.5, 1.5))
        (route,) = chance.choices(list(routes), list(routes.values()))
        (consumer,) = chance.choices(list(consumers), list(consumers.values()))
        if chance.random() < uploads:
            yield PlannedRequest(at_seconds, "POST", f"{route}/upload", consumer, size_bytes)
        else:
            yield PlannedRequest(at_seconds, "GET", f"{route}/bytes/{size_bytes}", consumer, 0)


def send_all(plan: Iterator[PlannedRequest], url: SplitResult, seconds: float | None) -> int:
    """Send requests when they are due, for ``seconds`` or without end, and return their number.

    While the gateway cannot be reached, the current request is repeated every second, and one
    message is printed. Later requests are postponed, so that there is no burst afterwards.
    """
    connection = http.client.HTTPConnection(
        url.hostname or "127.0.0.1", url.port, timeout=TIMEOUT_SECONDS
    )
    started = time.monotonic()
    ends = float("inf") if seconds is None else started + seconds
    sent = 0
    for request in plan:
        due = started + request.at_seconds
        if due > ends:
            time.sleep(max(0.0, ends - time.monotonic()))
            break
        time.sleep(max(0.0, due - time.monotonic()))
        if not _send_until_answered(connection, request, ends):
            break
        sent += 1
        started += max(0.0, time.monotonic() - due - RETRY_SECONDS)
    connection.close()
    return sent


def _send_until_answered(
    connection: http.client.HTTPConnection, request: PlannedRequest, ends: float
) -> bool:
    """Repeat one request until it is answered; return False if the time is over."""
    away = False
    while time.monotonic() < ends:
        try:
            _send(connection, request)
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            if not away:
                where = f"{connection.host}:{connection.port}"
                print(f"{where} is away ({error}); trying on", file=sys.stderr, flush=True)
            away = True
            time.sleep(max(0.0, min(RETRY_SECONDS, ends - time.monotonic())))
        else:
            if away:
                print("the gateway is back", file=sys.stderr, flush=True)
            return True
    return False


def _send(connection: http.client.HTTPConnection, request: PlannedRequest) -> None:
    headers = {CONSUMER_HEADER: request.consumer} if request.consumer else {}
    body = bytes(request.body_bytes) if request.method == "POST" else None
    connection.request(request.method, request.path, body=body, headers=headers)
    answer = connection.getresponse()
    while answer.read(BLOCK_BYTES):
        pass


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return 0 when the time is over or after SIGTERM or SIGINT."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.bytes_per_second / options.rate > MAX_REQUEST_BYTES:
        parser.error(
            f"--bytes-per-second is above {MAX_REQUEST_BYTES:g} for each request; raise --rate"
        )
    for number in (signal.SIGTERM, signal.SIGINT):
        # SystemExit ends any wait at once, also that for a gateway that does not answer.
        signal.signal(number, lambda *_: sys.exit(0))
    plan = plan_requests(
        options.seed,
        rate=options.rate,
        bytes_per_second=options.bytes_per_second,
        uploads=options.uploads,
        routes=options.routes,
        consumers=options.consumers,
    )
    print(f"sending {options.rate:g} requests/s to {options.url.geturl()}", flush=True)
    sent = send_all(plan, options.url, options.seconds)
    print(f"sent {sent} requests")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m kong.mock.traffic", description=__doc__)
    parser.add_argument(
        "--url", type=_url, default="http://127.0.0.1:9000", help="URL of the gateway (%(default)s)"
    )
    parser.add_argument("--seed", type=int, default=7, help="choose the pattern (%(default)s)")
    parser.add_argument(
        "--rate", type=_number(0.01, 10_000), default=5.0, help="requests per second (%(default)s)"
    )
    parser.add_argument(
        "--bytes-per-second",
        type=_number(0, 1e9),
        default=10_000.0,
        help="sum of all bodies in both directions, without headers (%(default)s)",
    )
    parser.add_argument(
        "--uploads",
        type=_number(0, 1),
        default=0.2,
        help="share of the requests that upload instead of download (%(default)s)",
    )
    parser.add_argument(
        "--routes",
        type=_shares,
        default=ROUTES,
        metavar="PATH=SHARE,...",
        help="routes and their shares of the requests (/bin=3,/bun=6,/ban=1)",
    )
    parser.add_argument(
        "--consumers",
        type=_shares,
        default=CONSUMERS,
        metavar="NAME=SHARE,...",
        help='consumers and their shares; "" sends no header ("acme=5,globex=3,=2")',
    )
    parser.add_argument("--seconds", type=_number(0, 1e7), help="stop after this time (never)")
    return parser


def _url(text: str) -> SplitResult:
    url = urlsplit(text)
    if url.scheme != "http" or not url.hostname or url.path.strip("/"):
        raise argparse.ArgumentTypeError(f"{text} is not of the form http://host:port")
    return url


def _number(lowest: float, highest: float) -> Callable[[str], float]:
    def parse(text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            number = float("nan")
        if not lowest <= number <= highest:
            raise argparse.ArgumentTypeError(f"{text} is not from {lowest:g} to {highest:g}")
        return number

    return parse


def _shares(text: str) -> dict[str, float]:
    shares = {}
    for part in text.split(","):
        name, _, share = part.rpartition("=")
        shares[name] = _number(0, 1e6)(share)
    if not any(shares.values()):
        raise argparse.ArgumentTypeError(f"{text}: at least one share must be above 0")
    return shares


if __name__ == "__main__":
    sys.exit(main())
