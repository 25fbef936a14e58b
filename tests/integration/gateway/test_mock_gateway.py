"""The mock gateway over real sockets: its counts are the bytes that crossed them."""

import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from kong.mock.counters import Counters
from kong.mock.exposition import Node
from kong.mock.listener import MAX_CONNECTIONS, Listener
from kong.mock.proxy import Proxy
from kong.mock.routes import DEFAULT_CONFIG, read_routes
from kong.mock.status import Status

WAIT_SECONDS = 10.0
Counted = dict[tuple[str, str, str], int]


@dataclass(frozen=True)
class Gateway:
    """Both ports of one gateway in this process."""

    proxy: Proxy
    status: Status
    counters: Counters

    def ask(self, method: str, target: str) -> tuple[int, str]:
        """Ask the status port."""
        connection = http.client.HTTPConnection(*address(self.status), timeout=WAIT_SECONDS)
        connection.request(method, target)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, text

    def counted(self) -> Counted:
        """Bytes by route, consumer and direction, once no request is on its way."""
        wait_until(lambda: self.counters.snapshot().in_flight == 0)
        rows = json.loads(self.ask("GET", "/truth")[1])["bandwidth_bytes"]
        return {(row["route"], row["consumer"], row["direction"]): row["bytes"] for row in rows}

    def connect(self) -> socket.socket:
        """Connect to the proxy port."""
        return socket.create_connection(address(self.proxy), timeout=WAIT_SECONDS)


def address(server: Listener) -> tuple[str, int]:
    return server.server_name, server.server_port


def wait_until(condition: Callable[[], bool]) -> None:
    ends = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < ends, "it never came to be"
        time.sleep(0.005)


def read_to_the_end(client: socket.socket) -> bytes:
    return b"".join(iter(lambda: client.recv(65536), b""))


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    counters = Counters()
    proxy = Proxy(("127.0.0.1", 0), routes=read_routes(DEFAULT_CONFIG), counters=counters)
    status = Status(("127.0.0.1", 0), counters=counters, node=Node("node", 1))
    for server in (proxy, status):
        server.start()
    yield Gateway(proxy, status, counters)
    for server in (proxy, status):
        server.shutdown()
        server.server_close()


def request(
    method: str, target: str, *headers: str, body: bytes = b"", last: bool = False
) -> bytes:
    lines = [f"{method} {target} HTTP/1.1", "Host: gateway", *headers]
    if last:
        lines.append("Connection: close")
    return "\r\n".join([*lines, "", ""]).encode() + body


def test_counts_equal_the_bytes_on_the_socket_over_several_requests_of_one_connection(
    gateway: Gateway,
) -> None:
    chunked = b"4;note=x\r\nwxyz\r\n10\r\n0123456789abcdef\r\n0\r\nTrailer: t\r\n\r\n"
    sent = [
        request("GET", "/bun/bytes/9133"),
        request("HEAD", "/bun/bytes/9133"),
        request("POST", "/bun/upload", "Content-Length: 5", body=b"hello"),
        request("PUT", "/bun/upload", "Transfer-Encoding: chunked", body=chunked),
        request("GET", "/bun/bytes/abc"),
        request("GET", "http://gateway/bun?q=/bin", last=True),
    ]
    with gateway.connect() as client:
        # All at once: what is read ahead must not count for the request before it.
        client.sendall(b"".join(sent))
        received = read_to_the_end(client)
    assert received.count(b"HTTP/1.1 200") == 5
    assert received.count(b"HTTP/1.1 400") == 1
    assert gateway.counted() == {
        ("bun-route", "", "ingress"): sum(map(len, sent)),
        ("bun-route", "", "egress"): len(received),
    }


def test_each_route_and_consumer_has_its_own_counts(gateway: Gateway) -> None:
    bun = request("GET", "/bun/bytes/10", "X-Consumer-Username: acme")
    bin_ = request("GET", "/bin", "X-Consumer-Username: glöbex", last=True)
    with gateway.connect() as client:
        client.sendall(bun + bin_)
        received = read_to_the_end(client)
    counted = gateway.counted()
    assert counted["bun-route", "acme", "ingress"] == len(bun)
    assert counted["bin-route", "glöbex", "ingress"] == len(bin_)
    egress = counted["bun-route", "acme", "egress"] + counted["bin-route", "glöbex", "egress"]
    assert egress == len(received)
    assert len(counted) == 4


def test_the_interim_answer_to_expect_counts_as_sent(gateway: Gateway) -> None:
    head = request("POST", "/ban/upload", "Expect: 100-continue", "Content-Length: 3", last=True)
    with gateway.connect() as client:
        client.sendall(head)
        interim = client.recv(65536)
        assert interim.startswith(b"HTTP/1.1 100 ")
        client.sendall(b"abc")
        received = interim + read_to_the_end(client)
    assert gateway.counted() == {
        ("ban-route", "", "ingress"): len(head) + 3,
        ("ban-route", "", "egress"): len(received),
    }


def test_a_client_that_goes_in_the_middle_is_charged_what_was_sent(gateway: Gateway) -> None:
    size_bytes = 512 * 1024**2
    sent = request("GET", f"/bun/bytes/{size_bytes}")
    with gateway.connect() as client:
        client.sendall(sent)
        received_bytes = len(client.recv(65536))
    counted = gateway.counted()
    assert counted["bun-route", "", "ingress"] == len(sent)
    # What the kernels' buffers had taken was sent too, though the client never looked at it.
    assert received_bytes <= counted["bun-route", "", "egress"] < size_bytes / 2


def test_an_upload_that_breaks_off_is_charged_what_arrived(gateway: Gateway) -> None:
    sent = request("POST", "/bun/upload", "Content-Length: 1000", body=b"x" * 300)
    with gateway.connect() as client:
        client.sendall(sent)
        client.shutdown(socket.SHUT_WR)
        received = read_to_the_end(client)
    assert gateway.counted() == {
        ("bun-route", "", "ingress"): len(sent),
        ("bun-route", "", "egress"): len(received),
    }
    assert b"400 Bad Request" in received


def test_a_request_without_route_gets_404_and_no_series(gateway: Gateway) -> None:
    with gateway.connect() as client:
        client.sendall(request("GET", "/other", last=True))
        received = read_to_the_end(client)
    assert received.startswith(b"HTTP/1.1 404 ")
    assert received.endswith(b'{"message":"no Route matched with those values"}')
    assert gateway.counted() == {}
    # Nginx's total has this request, that for the truth, and the one that reads it.
    assert 'state="total"} 3' in gateway.ask("GET", "/metrics")[1]


@pytest.mark.parametrize("size", ["0", "1", "65536", "65537", "300000"])
def test_the_body_has_the_size_asked_for(gateway: Gateway, size: str) -> None:
    connection = http.client.HTTPConnection(*address(gateway.proxy), timeout=WAIT_SECONDS)
    connection.request("GET", f"/bin/bytes/{size}")
    assert len(connection.getresponse().read()) == int(size)
    connection.close()


@pytest.mark.parametrize("size", [str(1024**3 + 1), "-1", "1e3", "", "9" * 5000, "²"])
def test_a_size_that_is_none_or_too_large_gets_400(gateway: Gateway, size: str) -> None:
    with gateway.connect() as client:
        client.sendall(request("GET", f"/bin/bytes/{size}", last=True))
        assert read_to_the_end(client).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize(
    "sent",
    [
        request("POST", "/bun", "Content-Length: x"),
        request("POST", "/bun", f"Content-Length: {2 * 1024**3}"),
        request(
            "POST", "/bun", "Content-Length: 1", "Transfer-Encoding: chunked", body=b"0\r\n\r\n"
        ),
        request("POST", "/bun", "Transfer-Encoding: gzip"),
        request("POST", "/bun", "Transfer-Encoding: chunked", body=b"zz\r\n"),
        request("POST", "/bun", "Transfer-Encoding: chunked", body=b"1\r\nabc\r\n"),
        request("POST", "/bun", "Transfer-Encoding: chunked", body=b"-1\r\n"),
    ],
)
def test_a_body_that_its_headers_do_not_fit_gets_400_and_a_closed_connection(
    gateway: Gateway, sent: bytes
) -> None:
    with gateway.connect() as client:
        client.sendall(sent)
        received = read_to_the_end(client)
    assert received.startswith(b"HTTP/1.1 400 ")
    assert b"Connection: close" in received


@pytest.mark.parametrize(
    "sent", [b"rubbish\r\n\r\n", b"GET http://[ HTTP/1.1\r\n\r\n", b"\x00" * 100]
)
def test_rubbish_is_not_counted_and_the_gateway_goes_on(gateway: Gateway, sent: bytes) -> None:
    with gateway.connect() as client:
        client.sendall(sent)
        client.shutdown(socket.SHUT_WR)
        read_to_the_end(client)
    assert gateway.counted() == {}
    assert gateway.ask("GET", "/status")[0] == 200


def test_many_clients_at_once_are_counted_exactly_and_leave_no_thread(gateway: Gateway) -> None:
    before = threading.active_count()
    sent = [request("GET", f"/ban/bytes/{size}", last=size == 99) for size in range(100)]

    def one_client(_: int) -> int:
        with gateway.connect() as client:
            client.sendall(b"".join(sent))
            return len(read_to_the_end(client))

    with ThreadPoolExecutor(20) as clients:
        received_bytes = sum(clients.map(one_client, range(20)))
    assert gateway.counted() == {
        ("ban-route", "", "ingress"): 20 * sum(map(len, sent)),
        ("ban-route", "", "egress"): received_bytes,
    }
    wait_until(lambda: threading.active_count() <= before)
    assert gateway.counters.snapshot().connections_active == 0


def test_connections_above_the_limit_are_closed_and_places_come_back(gateway: Gateway) -> None:
    clients = [gateway.connect() for _ in range(MAX_CONNECTIONS)]
    wait_until(lambda: gateway.counters.snapshot().connections_active == MAX_CONNECTIONS)
    with gateway.connect() as one_more:
        assert read_to_the_end(one_more) == b""
    for client in clients:
        client.close()
    wait_until(lambda: gateway.counters.snapshot().connections_active == 0)
    with gateway.connect() as client:
        client.sendall(request("GET", "/bun", last=True))
        assert read_to_the_end(client).startswith(b"HTTP/1.1 200 ")


def test_failing_scrapes_lose_no_count(gateway: Gateway) -> None:
    assert gateway.ask("POST", "/fail?seconds=3600")[0] == 200
    with gateway.connect() as client:
        client.sendall(request("GET", "/bun", last=True))
        received = read_to_the_end(client)
    assert gateway.ask("GET", "/metrics")[0] == 503
    assert gateway.ask("POST", "/ok")[0] == 200
    assert gateway.counted()["bun-route", "", "egress"] == len(received)
    code, text = gateway.ask("GET", "/metrics")
    assert code == 200
    line = (
        'kong_bandwidth_bytes{service="bun-service",route="bun-route",direction="egress",'
        f'workspace="default",consumer=""}} {len(received)}\n'
    )
    assert line in text


def test_a_failure_ends_by_itself(gateway: Gateway) -> None:
    gateway.ask("POST", "/fail?seconds=0.05")
    wait_until(lambda: gateway.ask("GET", "/metrics")[0] == 200)


def test_a_restart_forgets_every_series(gateway: Gateway) -> None:
    with gateway.connect() as client:
        client.sendall(request("GET", "/bun", last=True))
        read_to_the_end(client)
    assert gateway.counted()
    started_at = json.loads(gateway.ask("GET", "/truth")[1])["started_at"]
    assert gateway.ask("POST", "/restart")[0] == 200
    assert gateway.counted() == {}
    assert "bandwidth" not in gateway.ask("GET", "/metrics")[1]
    assert json.loads(gateway.ask("GET", "/truth")[1])["started_at"] > started_at


def test_a_slow_scrape_carries_the_numbers_of_its_end(gateway: Gateway) -> None:
    gateway.status.scrape_delay_seconds = 0.5
    with ThreadPoolExecutor(1) as scraper:
        scrape = scraper.submit(gateway.ask, "GET", "/metrics")
        with gateway.connect() as client:
            client.sendall(request("GET", "/bun", last=True))
            read_to_the_end(client)
        assert 'route="bun-route"' in scrape.result(WAIT_SECONDS)[1]


@pytest.mark.parametrize(
    ("method", "target", "code"),
    [
        ("GET", "/", 404),
        ("POST", "/metrics", 404),
        ("POST", "/fail?seconds=x", 400),
        ("POST", "/fail?seconds=nan", 400),
        ("POST", "/fail?seconds=-1", 400),
    ],
)
def test_the_status_port_refuses_what_it_does_not_know(
    gateway: Gateway, method: str, target: str, code: int
) -> None:
    assert gateway.ask(method, target)[0] == code
