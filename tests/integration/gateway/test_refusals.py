"""Requests that nginx refuses: they are requests, but have no route and so no bytes."""

import re
import socket

import pytest

from tests.integration.gateway.client import Gateway, read_to_the_end, request, wait_until

BIN = request("GET", "/bin", last=True)


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (b"rubbish\r\n\r\n", 400),
        (b"\x00" * 100 + b"\r\n\r\n", 400),
        (b"GET /bin nothing\r\n\r\n", 400),
        (b"GET /bin HTTP/1.1\r\n\r\n", 400),
        (request("GET", "/bin", "no colon"), 400),
        (request("GET", "/bin", "X: a\x00b"), 400),
        (request("POST", "/bin", "Content-Length: x"), 400),
        (request("POST", "/bin", "Content-Length: 1", "Transfer-Encoding: chunked"), 400),
        (request("GET", "/bin", f"Cookie: {'x' * 9000}"), 400),
        (request("GET", "/bin", *(f"X{number}: {'x' * 4000}" for number in range(9))), 400),
        (request("GET", "/bin", *(f"X{number}: x" for number in range(200))), 400),
        (request("TRACE", "/bin"), 405),
        (request("GET", "/bin/" + "x" * 9000), 414),
        (request("GET", "/bin/" + "x" * 70000), 414),
        (request("POST", "/bin", "Transfer-Encoding: gzip"), 501),
        (b"GET /bin HTTP/2.0\r\n\r\n", 505),
    ],
)
def test_a_refused_request_is_answered_and_only_nginx_counts_it(
    gateway: Gateway, sent: bytes, code: int
) -> None:
    with gateway.connect() as client:
        client.sendall(sent)
        client.shutdown(socket.SHUT_WR)
        received = read_to_the_end(client)
    assert received.startswith(f"HTTP/1.1 {code} ".encode())
    assert b"Connection: close" in received
    wait_until(lambda: gateway.counters.snapshot().in_flight == 0)
    assert gateway.counters.snapshot().total_requests == 1
    assert not re.search("bandwidth|http_requests", gateway.metrics())
    assert gateway.counted() == {}


@pytest.mark.parametrize(
    "sent", [b"G", b"GET /bin HT", b"GET /bin HTTP/1.1\r\nHost: a\r\n", b"\r\n"]
)
def test_a_client_that_leaves_before_the_end_of_the_headers_has_sent_a_request_of_no_route(
    gateway: Gateway, sent: bytes
) -> None:
    with gateway.connect() as client:
        client.sendall(sent)
        client.shutdown(socket.SHUT_WR)
        read_to_the_end(client)
    wait_until(lambda: gateway.counters.snapshot().in_flight == 0)
    assert gateway.counters.snapshot().total_requests == 1
    assert gateway.counted() == {}


def test_a_connection_without_a_byte_is_no_request(gateway: Gateway) -> None:
    with gateway.connect():
        wait_until(lambda: gateway.counters.snapshot().connections_active == 1)
    wait_until(lambda: gateway.counters.snapshot().connections_active == 0)
    assert gateway.counters.snapshot().total_requests == 0


def test_the_gateway_answers_after_a_refusal(gateway: Gateway) -> None:
    with gateway.connect() as client:
        client.sendall(b"rubbish\r\n\r\n")
        read_to_the_end(client)
    with gateway.connect() as client:
        client.sendall(BIN)
        assert read_to_the_end(client).startswith(b"HTTP/1.1 200 ")
    assert gateway.counted()["bin-route", "", "ingress"] == len(BIN)
