from collections.abc import Callable

import pytest
from flask import Flask

from api.access import ALL, Scope
from api.clients.cache import Cache
from api.clients.waiting import BusyError, WaitingRoom
from api.http.answer_cache import Answer, find_or_make_answer, respond

app = Flask(__name__)


class Clock:
    """A clock that stands still until it is moved."""

    seconds = 0.0

    def __call__(self) -> float:
        """Return the time in seconds."""
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cache(clock: Clock) -> Cache:
    return Cache(2**20, timer=clock)


def find(
    cache: Cache,
    make: Callable[[], Answer],
    url: str = "/chart?by=service",
    scope: Scope = ALL,
    *,
    prefers_csv: bool = False,
    places: int = 1,
) -> Answer:
    waiting = WaitingRoom(places)
    with app.test_request_context(url):
        return find_or_make_answer(cache, waiting, scope, prefers_csv=prefers_csv, make=make)


def answer_with(body: bytes) -> Callable[[], Answer]:
    return lambda: Answer(body, fresh_seconds=5)


def test_the_same_question_is_answered_from_the_cache_while_the_answer_is_fresh(
    cache: Cache, clock: Clock
) -> None:
    assert find(cache, answer_with(b"first")).body == b"first"
    clock.seconds = 4.9
    assert find(cache, answer_with(b"second")).body == b"first"
    clock.seconds = 5
    assert find(cache, answer_with(b"second")).body == b"second"


@pytest.mark.parametrize(
    ("url", "scope", "prefers_csv"),
    [
        ("/chart?by=route", ALL, False),
        ("/other?by=service", ALL, False),
        ("/chart?by=service", Scope(services=("bun",)), False),
        ("/chart?by=service", ALL, True),
    ],
)
def test_another_query_path_scope_or_format_has_an_answer_of_its_own(
    cache: Cache, url: str, scope: Scope, *, prefers_csv: bool
) -> None:
    find(cache, answer_with(b"first"))
    other = find(cache, answer_with(b"second"), url, scope, prefers_csv=prefers_csv)
    assert other.body == b"second"


def test_a_failure_is_raised_and_not_kept(cache: Cache) -> None:
    def fail() -> Answer:
        raise LookupError

    with pytest.raises(LookupError):
        find(cache, fail)
    assert find(cache, answer_with(b"second")).body == b"second"


def test_what_is_cached_is_answered_although_nobody_else_may_wait(cache: Cache) -> None:
    find(cache, answer_with(b"first"))
    assert find(cache, answer_with(b"second"), places=0).body == b"first"
    with pytest.raises(BusyError):
        find(cache, answer_with(b"second"), "/other", places=0)


def test_equal_bodies_have_the_same_etag(cache: Cache) -> None:
    first, same, other = (
        find(cache, answer_with(body), f"/{number}")
        for number, body in enumerate([b"a", b"a", b"b"])
    )
    assert first.etag == same.etag != other.etag


@pytest.mark.parametrize(("is_public", "visibility"), [(True, "public"), (False, "private")])
def test_a_response_may_be_kept_by_shared_caches_only_if_it_is_public(
    *, is_public: bool, visibility: str
) -> None:
    with app.test_request_context("/chart"):
        response = respond(Answer(b"{}", 5, etag="x"), is_public=is_public)
    assert response.headers["Cache-Control"] == f"{visibility}, max-age=5"


def test_a_browser_that_has_the_answer_gets_304() -> None:
    with app.test_request_context("/chart", headers={"If-None-Match": '"x"'}):
        response = respond(Answer(b"{}", 5, etag="x"), is_public=True)
    assert response.status_code == 304
