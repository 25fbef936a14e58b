import gzip
import json
from collections.abc import Iterator

import pytest
import responses
from flask.testing import FlaskClient

from tests.unit.api.answers import answer_with, client_at, matrix, series

CHART = "/api/v1/bandwidth?lookback=5m&step=1m&by=service"
GZIP = {"Accept-Encoding": "gzip, deflate, br"}


@pytest.fixture
def client() -> Iterator[FlaskClient]:
    with responses.mock:
        labels = ({"service": f"service-{number}"} for number in range(30))
        answer_with(matrix(*(series(one, {"18:44:00": 1}) for one in labels)))
        yield client_at()


def test_an_answer_is_compressed_for_clients_that_accept_it(client: FlaskClient) -> None:
    plain, compressed = client.get(CHART), client.get(CHART, headers=GZIP)
    assert compressed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert gzip.decompress(compressed.data) == plain.data
    assert len(compressed.data) < len(plain.data) / 4
    assert int(compressed.headers["Content-Length"]) == len(compressed.data)
    for answer in (plain, compressed):
        assert "Accept-Encoding" in answer.headers["Vary"]
        assert "Authorization" in answer.headers["Vary"]
        assert answer.headers["Cache-Control"] == "public, max-age=5"


@pytest.mark.parametrize("accepted", ["", "identity", "br", "gzip;q=0", "*;q=0"])
def test_it_is_not_compressed_for_others(client: FlaskClient, accepted: str) -> None:
    answer = client.get(CHART, headers={"Accept-Encoding": accepted})
    assert "Content-Encoding" not in answer.headers
    assert json.loads(answer.data)["series"]


def test_the_compressed_answer_has_the_weak_etag_and_both_lead_to_304(client: FlaskClient) -> None:
    plain, compressed = client.get(CHART), client.get(CHART, headers=GZIP)
    assert compressed.headers["ETag"] == f"W/{plain.headers['ETag']}"
    for etag in (plain.headers["ETag"], compressed.headers["ETag"], "*"):
        for encoding in ({}, GZIP):
            answer = client.get(CHART, headers={"If-None-Match": etag, **encoding})
            assert answer.status_code == 304
            assert answer.data == b""
            assert "Content-Encoding" not in answer.headers
            expected = compressed if encoding else plain
            assert answer.headers["ETag"] == expected.headers["ETag"]
            assert "Accept-Encoding" in answer.headers["Vary"]
    other = client.get(CHART, headers={"If-None-Match": '"other"', **GZIP})
    assert other.status_code == 200


def test_an_answer_is_compressed_once(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    calls, really = [], gzip.compress

    def compress(body: bytes, level: int, *, mtime: float) -> bytes:
        calls.append(len(body))
        return really(body, level, mtime=mtime)

    monkeypatch.setattr(gzip, "compress", compress)
    bodies = {client.get(CHART, headers=GZIP).data for _ in range(3)}
    assert len(bodies) == len(calls) == 1


@pytest.mark.parametrize(
    "path", ["/openapi.json", "/", "/dashboard/base.css", "/docs/swagger-ui.css"]
)
def test_pages_and_their_files_are_compressed_too(client: FlaskClient, path: str) -> None:
    plain, compressed = client.get(path, buffered=True), client.get(path, headers=GZIP)
    assert plain.status_code == compressed.status_code == 200
    assert compressed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(compressed.data) == plain.data


def test_small_answers_failures_and_heads_are_right(client: FlaskClient) -> None:
    small = client.get("/api/v1/bandwidth?lookback=1m&step=1m", headers=GZIP)
    assert "Content-Encoding" not in small.headers
    wrong = client.get(f"{CHART}&top=x", headers=GZIP)
    assert "Content-Encoding" not in wrong.headers
    head, got = client.head(CHART, headers=GZIP), client.get(CHART, headers=GZIP)
    assert head.data == b""
    assert head.headers["Content-Length"] == got.headers["Content-Length"]
    assert head.headers["ETag"] == got.headers["ETag"]
    part = client.get("/dashboard/base.css", headers={"Range": "bytes=0-9", **GZIP}, buffered=True)
    assert part.status_code == 206
    assert len(part.data) == 10
    assert "Content-Encoding" not in part.headers
