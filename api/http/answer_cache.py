"""The cache of answers: the answer to a question is kept, and reused while it is fresh.

A chart that many people open is computed once. Requests that ask the same at the same time also
share one computation. ``api.clients.range_cache`` keeps the values below the answers.
"""

import hashlib
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from typing import Any

from flask import Response, request

from api.access import Scope
from api.clients.cache import Cache, CacheEntry
from api.clients.waiting import WaitingRoom

JSON = "application/json"
CSV = "text/csv; charset=utf-8"
# How long an answer about the past alone is kept: only a backfill changes it.
PAST_SECONDS = 300
# Where the answer that is sent is, with the rule of its path, in the environment of the request.
SENT_ANSWER = "api.answer"


@dataclass(frozen=True)
class Answer:
    """A body, and for how many seconds it may be reused, here and by browsers."""

    body: bytes
    fresh_seconds: int
    content_type: str = JSON
    etag: str = ""
    # Responses made of it: api.http.sent_answers.
    sent: dict[Hashable, Any] = field(default_factory=dict, compare=False, repr=False)


def find_or_make_answer(
    cache: Cache,
    waiting: WaitingRoom,
    scope: Scope,
    *,
    prefers_csv: bool,
    make: Callable[[], Answer],
) -> Answer:
    """Return the answer to this request, from the cache or made now, with its ETag.

    Callers share an answer if path, query string, scope and preferred format are the same.

    Args:
        cache: where answers are kept.
        waiting: where requests wait whose answer is not in the cache.
        scope: what the caller may see.
        prefers_csv: whether the caller prefers CSV.
        make: makes the answer.

    Raises:
        BusyError: too many requests wait already.
        Exception: what ``make`` raised.

    """

    def make_entry() -> CacheEntry:
        made = make()
        etag = hashlib.sha256(made.body).hexdigest()[:32]
        size_bytes = len(made.body) + 2 * len(request.query_string)
        return CacheEntry(replace(made, etag=etag), size_bytes, made.fresh_seconds)

    key = key_of(request.path, request.query_string, scope, prefers_csv=prefers_csv)
    answer: Answer | None = cache.peek(key)
    if answer is None:
        with waiting.place():
            answer = cache.get_or_make(key, make_entry)
    return answer


def key_of(path: str, query: bytes, scope: Scope, *, prefers_csv: bool) -> Hashable:
    """Return the key of an answer in the cache."""
    return (path, query, scope, prefers_csv)


def respond(answer: Answer, *, is_public: bool) -> Response:
    """Return the response: the body with its cache headers, or 304 if the browser has it.

    Args:
        answer: the answer.
        is_public: whether a shared cache may keep it. It may not if callers need tokens.

    """
    rule = request.url_rule
    request.environ[SENT_ANSWER] = answer, rule.rule if rule is not None else "unknown"
    response = Response(answer.body, content_type=answer.content_type)
    response.set_etag(answer.etag)
    visibility = "public" if is_public else "private"
    response.headers["Cache-Control"] = f"{visibility}, max-age={answer.fresh_seconds}"
    response.headers["Vary"] = "Accept, Authorization, Origin"
    response.make_conditional(request)
    return response
