from email.parser import Parser
from http.client import HTTPMessage

import pytest

from kong.mock.ports.refusals import HEAD_BYTES, LINE_BYTES, refused


def headers(*lines: str) -> HTTPMessage:
    return Parser(_class=HTTPMessage).parsestr("\r\n".join([*lines, "", ""]))


def code(*lines: str, method: str = "GET", version: str = "HTTP/1.1") -> int | None:
    return refused(method, version, headers(*lines), len("\r\n".join(lines)))


@pytest.mark.parametrize(
    "lines",
    [
        ("Host: a",),
        ("Host: a", "Content-Length: 0"),
        ("Host: a", "Transfer-Encoding: Chunked"),
        ("Host: a", f"X: {'x' * (LINE_BYTES - 1)}"),
        ("Host: a", "X: a\tb", "X: c"),
    ],
)
def test_a_valid_request_reaches_the_routes(lines: tuple[str, ...]) -> None:
    assert code(*lines) is None


def test_an_old_request_needs_no_host() -> None:
    assert code(version="HTTP/1.0") is None


@pytest.mark.parametrize(
    "lines",
    [
        (),
        ("Host: a", "Host: a"),
        ("Host: a", "Content-Length: x"),
        ("Host: a", "Content-Length: -1"),
        ("Host: a", "Content-Length: ²"),
        ("Host: a", "Content-Length:"),
        ("Host: a", "Content-Length: 1", "Content-Length: 1"),
        ("Host: a", "Content-Length: 1", "Transfer-Encoding: chunked"),
        ("Host: a", "X: a\x00b"),
        ("Host: a", "X: a", " b"),
        ("Host: a", "no colon", "X: a"),
    ],
)
def test_malformed_or_contradictory_headers_are_a_bad_request(lines: tuple[str, ...]) -> None:
    assert code(*lines) == 400


def test_an_old_request_cannot_be_chunked() -> None:
    assert code("Transfer-Encoding: chunked", version="HTTP/1.0") == 400


@pytest.mark.parametrize(
    "lines",
    [
        ("Host: a", f"X: {'x' * LINE_BYTES}"),
        ("Host: a", *(f"X{number}: {'x' * 1000}" for number in range(HEAD_BYTES // 1000 + 1))),
    ],
)
def test_headers_above_the_buffers_of_nginx_are_too_large(lines: tuple[str, ...]) -> None:
    assert code(*lines) == 431


def test_an_unknown_coding_is_not_implemented() -> None:
    assert code("Host: a", "Transfer-Encoding: gzip") == 501


@pytest.mark.parametrize("method", ["TRACE", "CONNECT"])
def test_a_method_that_nginx_refuses_is_not_allowed(method: str) -> None:
    assert code("Host: a", method=method) == 405
