from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from serving.incoming import MOST_CHUNKS, MOST_HEAD_BYTES, IncomingRequest

MOST = 1_000
GET = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"


def post(body: bytes, *headers: bytes) -> bytes:
    head = b"".join(line + b"\r\n" for line in (b"POST /alerts HTTP/1.1", b"Host: a", *headers))
    return head + b"\r\n" + body


def with_length(body: bytes) -> bytes:
    return post(body, b"Content-Length: %d" % len(body))


def in_chunks(*chunks: bytes, trailers: bytes = b"") -> bytes:
    body = b"".join(b"%x;a=b\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
    return post(body + b"0\r\n" + trailers + b"\r\n", b"Transfer-Encoding: chunked")


def fed(*parts: bytes) -> IncomingRequest:
    request = IncomingRequest(MOST)
    for part in parts:
        request.feed(part)
    return request


bodies = st.binary(max_size=200)
requests = (
    st.just(GET)
    | bodies.map(with_length)
    | st.lists(st.binary(min_size=1, max_size=60), max_size=5).map(lambda c: in_chunks(*c))
    | st.just(in_chunks(b"abc", trailers=b"X: 1\r\nY: 2\r\n"))
)


@given(requests, st.lists(st.integers(0, 400), max_size=8), st.just(b"") | requests)
def test_a_request_is_whole_at_its_last_byte_however_it_arrives(
    sent: bytes, cuts: list[int], following: bytes
) -> None:
    request = IncomingRequest(MOST)
    bounds = sorted({0, *(cut for cut in cuts if cut < len(sent)), len(sent) - 1})
    for start, end in pairwise(bounds):
        request.feed(sent[start:end])
        assert not request.is_whole
    request.feed(sent[len(sent) - 1 :] + following)
    assert request.is_whole
    assert not request.is_cut
    assert request.take() == (sent, following)


@given(st.binary(max_size=400), st.lists(st.integers(0, 400), max_size=5))
def test_any_bytes_arrive_without_an_error(data: bytes, cuts: list[int]) -> None:
    bounds = sorted({0, *cuts, len(data)})
    request = fed(*(data[start:end] for start, end in pairwise(bounds)))
    assert len(request) == len(data)
    if request.is_whole:
        assert b"".join(request.take()) == data


def test_a_larger_body_than_is_waited_for_is_cut() -> None:
    head = post(b"", b"content-length : 5000")
    request = fed(head, b"x" * (MOST - 1))
    assert not request.is_whole
    request.feed(b"x")
    assert request.is_whole
    assert request.is_cut
    assert request.take() == (head + b"x" * MOST, b"")


def test_larger_chunks_than_are_waited_for_are_cut() -> None:
    request = fed(in_chunks(b"x" * MOST, b"y")[:-8])
    assert request.is_whole
    assert request.is_cut


def test_a_body_of_very_many_chunks_is_cut() -> None:
    request = IncomingRequest(10**6)
    request.feed(in_chunks(*[b"x"] * MOST_CHUNKS))
    assert not request.is_cut
    request = IncomingRequest(10**6)
    request.feed(in_chunks(*[b"x"] * (MOST_CHUNKS + 1)))
    assert request.is_cut


def test_the_largest_body_is_not_cut() -> None:
    for sent in (with_length(b"x" * MOST), in_chunks(b"x" * (MOST - 40))):
        request = fed(sent)
        assert request.take() == (sent, b"")
        assert not request.is_cut


def test_a_head_that_never_ends_is_cut() -> None:
    request = fed(b"GET /" + b"x" * MOST_HEAD_BYTES)
    assert request.is_whole
    assert request.is_cut


def test_what_gunicorn_refuses_is_not_waited_for() -> None:
    for sent in (
        post(b"", b"Content-Length: many"),
        post(b"zz\r\nabc", b"Transfer-Encoding: chunked"),
        post(b"1" * 2_000, b"Transfer-Encoding: chunked"),
    ):
        assert fed(sent).is_whole


def test_a_client_that_asks_whether_to_go_on_is_noticed() -> None:
    assert fed(post(b"", b"Content-Length: 5", b"expect: 100-Continue")).wants_continue
    assert not fed(with_length(b"Expect: 100-continue")).wants_continue
