import json

import pytest
from gunicorn.http import errors

from serving.refusals import refusal


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.LimitRequestLine(9_000, 8_190), 414),
        (errors.LimitRequestHeaders("limit request headers fields"), 431),
        (errors.InvalidRequestLine("GET"), 400),
        (errors.InvalidHeader("X"), 400),
        (errors.UnsupportedTransferCoding("x"), 501),
        (errors.ExpectationFailed("x"), 417),
        (errors.InvalidResponseHeader("secret"), 500),
        (RuntimeError("secret"), 500),
    ],
)
def test_a_refusal_is_a_whole_response_with_a_problem(error: Exception, status: int) -> None:
    head, _, body = refusal(error).partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0].startswith(f"HTTP/1.1 {status} ")
    assert f"Content-Length: {len(body)}" in lines
    assert "Content-Type: application/problem+json" in lines
    problem = json.loads(body)
    assert problem["status"] == status
    assert problem["detail"]
    assert "secret" not in body.decode()


def test_what_a_client_sent_adds_no_header_and_is_cut() -> None:
    answer = refusal(errors.InvalidHeaderName("x\r\nSet-Cookie: a=b\r\n" + 9_999 * "x"))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"Set-Cookie" not in head
    assert len(body) < 1_000
