"""The counts of the mock gateway are the bytes that crossed its sockets."""

import socket
import threading
from concurrent.futures import ThreadPoolExecutor

from tests.integration.gateway.client import Gateway, read_to_the_end, request, wait_until


def test_counts_are_the_bytes_of_all_requests_of_a_connection(
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
        # All requests are sent at once. Bytes read ahead must be counted for their own request.
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


def test_the_interim_answer_to_expect_is_counted_as_sent(gateway: Gateway) -> None:
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


def test_if_a_client_disconnects_during_the_answer_the_sent_bytes_are_counted(
    gateway: Gateway,
) -> None:
    size_bytes = 512 * 1024**2
    sent = request("GET", f"/bun/bytes/{size_bytes}")
    with gateway.connect() as client:
        client.sendall(sent)
        received_bytes = len(client.recv(65536))
    counted = gateway.counted()
    assert counted["bun-route", "", "ingress"] == len(sent)
    # Bytes in the buffers of the kernels were sent too, although the client did not read them.
    assert received_bytes <= counted["bun-route", "", "egress"] < size_bytes / 2


def test_of_an_interrupted_upload_the_received_bytes_are_counted(gateway: Gateway) -> None:
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


def test_a_request_without_route_is_answered_with_404_and_has_no_counter(gateway: Gateway) -> None:
    with gateway.connect() as client:
        client.sendall(request("GET", "/other", last=True))
        received = read_to_the_end(client)
    assert received.startswith(b"HTTP/1.1 404 ")
    assert received.endswith(b'{"message":"no Route matched with those values"}')
    assert gateway.counted() == {}
    # The total has this request, that for /truth, and that for /metrics.
    assert 'state="total"} 3' in gateway.ask("GET", "/metrics")[1]


def test_concurrent_clients_are_counted_exactly_and_leave_no_thread(gateway: Gateway) -> None:
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
    wait_until(lambda: gateway.counters.snapshot().connections_active == 0)
