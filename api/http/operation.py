"""From a request to an answer: token, parameters, memory, body, and the headers of caches.

A view is a function of a question and a scope that returns an Answer; ``operation`` makes it a
view of Flask and keeps what the documentation tells of it.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

import orjson
from flask import Response, request
from marshmallow import Schema

from api.access import Scope
from api.clients.cache import Entry
from api.http.access import find_scope
from api.http.context import Context, get_context
from api.http.parameters import load_parameters

JSON = "application/json"
CSV = "text/csv; charset=utf-8"
# For how long an answer about the past alone is kept: it never changes, but for a backfill.
PAST_SECONDS = 300


@dataclass(frozen=True)
class Answer:
    """A body, and for how many seconds it is as good as a new one."""

    body: bytes
    fresh_seconds: int
    content_type: str = JSON
    etag: str = ""


@dataclass(frozen=True)
class Operation:
    """What the documentation tells of a view."""

    summary: str
    parameters: Schema
    answer: Schema | None
    many: bool
    statuses: tuple[int, ...]
    csv: bool


# Who asks: the context, what may be seen, and whether CSV is preferred.
@dataclass(frozen=True)
class Caller:
    """The application's context, what the caller may see, and whether it would rather have CSV."""

    context: Context
    scope: Scope
    prefers_csv: bool


View = Callable[..., Answer]


def dump_json(value: Any, fresh_seconds: int) -> Answer:
    """Return an answer of JSON; NaN cannot be in it."""
    return Answer(orjson.dumps(value), fresh_seconds)


def operation(
    parameters: Schema,
    answer: Schema | None = None,
    *,
    summary: str,
    many: bool = False,
    statuses: tuple[int, ...] = (),
    csv: bool = False,
) -> Callable[[View], Callable[..., Response]]:
    """Return what makes a view of Flask of ``view(caller, question, **path)``.

    Args:
        parameters: the schema of the query.
        answer: the schema of the answer, for the documentation.
        summary: the same, in words.
        many: whether the answer is a list of those.
        statuses: of failures, beside those that all have.
        csv: whether the answer may be CSV.

    """

    def decorate(view: View) -> Callable[..., Response]:
        @wraps(view)
        def serve(**path: str) -> Response:
            context = get_context()
            scope = find_scope(context)
            caller = Caller(context, scope, csv and _prefers_csv())
            key = (request.path, request.query_string, scope, caller.prefers_csv)

            def make() -> Entry:
                question = load_parameters(parameters, request.args.to_dict(flat=False))
                made = view(caller, question, **path)
                etag = hashlib.sha256(made.body).hexdigest()[:32]
                kept = Answer(made.body, made.fresh_seconds, made.content_type, etag)
                size = len(made.body) + 2 * len(request.query_string)
                return Entry(kept, size, made.fresh_seconds)

            return _respond(context.upstream.memory.once(key, make))

        serve.operation = Operation(  # type: ignore[attr-defined]
            summary, parameters, answer, many, statuses, csv
        )
        return serve

    return decorate


def _prefers_csv() -> bool:
    accepted = request.accept_mimetypes
    return accepted["text/csv"] > max(accepted[JSON], accepted["text/html"])


def _respond(answer: Answer) -> Response:
    response = Response(answer.body, content_type=answer.content_type)
    response.set_etag(answer.etag)
    shared = "private" if get_context().settings.grants is not None else "public"
    response.headers["Cache-Control"] = f"{shared}, max-age={answer.fresh_seconds}"
    response.headers["Vary"] = "Accept, Authorization, Origin"
    response.make_conditional(request)
    return response
