"""What was sent before is sent again without Flask: the same, and only to who may see it."""

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import responses
from flask import Flask
from werkzeug.test import TestResponse

from api import create_app
from tests.unit.api.answers import INSTANT_URL, NOW, RANGE_URL, URL, matrix, vector

PATH = "/api/v1/bandwidth?by=service"
TOKENS = """
tokens:
  - {name: all, sha256: "%s", scope: all}
  - {name: same, sha256: "%s", scope: all}
  - {name: bun, sha256: "%s", scope: {services: [bun]}}
  - {name: old, sha256: "%s", scope: all, expires: "%s"}
"""
ORIGIN = "https://portal.example.com"


@pytest.fixture(autouse=True)
def prometheus() -> Iterator[None]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.post(RANGE_URL, json=matrix())
        mock.post(INSTANT_URL, json=vector())
        yield


class Api:
    """An application that counts the requests that Flask handles."""

    def __init__(self, **environ: str) -> None:
        self.now = NOW
        self.by_flask = 0
        self.app: Flask = create_app({"PROMETHEUS_URL": URL, **environ}, clock=self._clock)
        self.app.before_request(self._count)

    def _clock(self) -> datetime:
        return self.now

    def _count(self) -> None:
        self.by_flask += 1

    def get(self, path: str = PATH, method: str = "GET", **headers: str) -> TestResponse:
        """Return the answer; an underscore in the name of a header stands for a hyphen."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.app.test_client().open(path, method=method, headers=named)


def headers_of(answer: TestResponse) -> list[tuple[str, str]]:
    """Return the headers, but for the time of the answer."""
    return sorted((name, value) for name, value in answer.headers if name != "Date")


@pytest.fixture
def api() -> Api:
    return Api(CORS_ORIGINS=ORIGIN)


@pytest.fixture
def guarded(tmp_path: Path) -> Api:
    tokens = tmp_path / "tokens.yaml"
    names = ("all", "same", "bun", "old")
    hashes = (hashlib.sha256(name.encode()).hexdigest() for name in names)
    tokens.write_text(TOKENS % (*hashes, (NOW + timedelta(hours=1)).isoformat()), encoding="utf-8")
    return Api(API_TOKENS_FILE=str(tokens))


@pytest.mark.parametrize("encoding", ["identity", "gzip", "gzip, deflate, br"])
def test_an_answer_is_sent_again_without_flask_and_is_the_same(api: Api, encoding: str) -> None:
    first, again, third = (api.get(Accept="*/*", Accept_Encoding=encoding) for _ in range(3))
    assert api.by_flask == 1
    assert first.status_code == again.status_code == third.status_code == 200
    assert headers_of(first) == headers_of(again) == headers_of(third)
    assert "Date" not in again.headers
    assert first.data == again.data == third.data
    etag = first.headers["ETag"]
    not_modified = [api.get(Accept_Encoding=encoding, If_None_Match=etag) for _ in range(3)]
    assert api.by_flask == 2
    assert {answer.status_code for answer in not_modified} == {304}
    assert [headers_of(answer) for answer in not_modified] == 3 * [headers_of(not_modified[0])]
    assert all(answer.data == b"" for answer in not_modified)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": ORIGIN},
        {"Accept": "text/csv"},
        {"Accept": "text/*"},
        {"If_Match": '"x"'},
        {"If_None_Match": '"x"'},
    ],
    ids=str,
)
def test_what_is_not_plainly_the_same_question_is_left_to_flask(
    api: Api, headers: dict[str, str]
) -> None:
    api.get()
    fresh = Api(CORS_ORIGINS=ORIGIN)
    for number in (2, 3):
        answer, alone = api.get(**headers), fresh.get(**headers)
        assert api.by_flask == number
        assert answer.status_code == alone.status_code
        assert headers_of(answer) == headers_of(alone)
        assert answer.data == alone.data


def test_another_method_path_or_query_is_another_question(api: Api) -> None:
    api.get()
    for path, method, status in (
        (PATH, "HEAD", 200),
        (PATH, "POST", 405),
        (f"/{PATH}", "GET", 404),
        (f"{PATH}&top=1", "GET", 200),
        ("/api/v1/bandwidth?by=route", "GET", 200),
    ):
        before = api.by_flask
        assert api.get(path, method).status_code == status
        assert api.by_flask == before + 1


def test_each_scope_has_its_own_answers_and_equal_scopes_share_them(guarded: Api) -> None:
    assert guarded.get(Authorization="Bearer all").status_code == 200
    assert guarded.get(Authorization="Bearer same").status_code == 200
    assert guarded.by_flask == 1
    assert guarded.get(Authorization="Bearer bun").status_code == 200
    assert guarded.by_flask == 2


@pytest.mark.parametrize(
    "headers",
    [{}, *({"Authorization": text} for text in ("Bearer none", "Bearer ", "all", "Basic all"))],
    ids=str,
)
def test_without_a_known_token_nothing_is_sent(guarded: Api, headers: dict[str, str]) -> None:
    guarded.get(Authorization="Bearer all")
    answer = guarded.get(**headers)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"]


def test_a_token_that_has_expired_is_sent_nothing_more(guarded: Api) -> None:
    assert [guarded.get(Authorization="Bearer old").status_code for _ in range(2)] == [200, 200]
    assert guarded.by_flask == 1
    guarded.now += timedelta(hours=1)
    assert guarded.get(Authorization="Bearer old").status_code == 401


def test_failures_are_not_sent_again(api: Api) -> None:
    assert [api.get("/api/v1/bandwidth?x=1").status_code for _ in range(2)] == [400, 400]
    assert [api.get("/healthz").status_code for _ in range(2)] == [200, 200]
    assert api.by_flask == 4


def test_answers_that_are_sent_again_are_counted_by_path_and_status(api: Api) -> None:
    for _ in range(3):
        api.get()
    for _ in range(2):
        api.get(If_None_Match=api.get().headers["ETag"])
    counted = api.get("/metrics").text
    name = "api_request_duration_seconds_count"
    assert f'{name}{{path="/api/v1/bandwidth",status="200"}} 5.0' in counted
    assert f'{name}{{path="/api/v1/bandwidth",status="304"}} 2.0' in counted


def test_the_responses_that_are_kept_of_one_answer_are_bounded(api: Api) -> None:
    for number in range(30):
        assert api.get(Accept_Encoding=f"x{number}").status_code == 200
    cache = api.app.extensions["context"].upstream.cache
    [kept] = [entry.value for entry in cache._entries.values() if hasattr(entry.value, "sent")]
    assert len(kept.sent) == 8
    # They hold no copies of its body, which the cache would not count.
    assert all(sent.body is kept.body for sent in kept.sent.values())
