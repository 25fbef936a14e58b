"""The answers of the proxy port, also to invalid requests and to too many connections."""

import http.client

import pytest

from kong.mock.ports.listener import MAX_CONNECTIONS
from tests.integration.gateway.client import (
    WAIT_SECONDS,
    Gateway,
    address,
    read_to_the_end,
    request,
    wait_until,
)


@pytest.mark.parametrize("size", ["0", "1", "65536", "65537", "300000"])
def test_the_body_has_the_requested_size(gateway: Gateway, size: str) -> None:
    connection = http.client.HTTPConnection(*address(gateway.proxy), timeout=WAIT_SECONDS)
    connection.request("GET", f"/bin/bytes/{size}")
    assert len(connection.getresponse().read()) == int(size)
    connection.close()


@pytest.mark.parametrize("size", [str(1024**3 + 1), "-1", "1e3", "", "9" * 5000, "²"])
def test_an_invalid_or_too_large_size_is_answered_with_400(gateway: Gateway, size: str) -> None:
    with gateway.connect() as client:
        client.sendall(request("GET", f"/bin/bytes/{size}", last=True))
        assert read_to_the_end(client).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize(
    "sent",
    [
        request("POST", "/bun", f"Content-Length: {2 * 1024**3}"),
        request("POST", "/bun", "Transfer-Encoding: chunked", body=b"zz\r\n"),
        request("POST", "/bun", "Transfer-Encoding: chunked", body=b"1\r\nabc\r\n"),
        request("POST", "/bun", "Transfer-Encoding: chunked", body=b"-1\r\n"),
    ],
)
def test_an_invalid_body_is_answered_with_400_and_counted_for_its_route(
    gateway: Gateway, sent: bytes
) -> None:
    with gateway.connect() as client:
        client.sendall(sent)
        received = read_to_the_end(client)
    assert received.startswith(b"HTTP/1.1 400 ")
    assert b"Connection: close" in received
    assert gateway.counted()["bun-route", "", "egress"] == len(received)


def test_connections_above_the_limit_are_closed_until_others_end(gateway: Gateway) -> None:
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
