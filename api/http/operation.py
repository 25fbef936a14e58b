"""From a request to an answer: token, parameters, answer cache, body and cache headers.

A view is a function of a caller and a question that returns an Answer. ``operation`` turns it into
a Flask view and stores what the OpenAPI document says about it.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import wraps
from typing import Any

import orjson
from flask import Response, request
from marshmallow import Schema

from api.access import ALL, Scope, UnauthorizedError, find_grant
from api.clients.cache import CacheEntry
from api.http.context import Context, get_context
from api.http.parameters import load_parameters
from quotas.model import Accounting

JSON = "application/json"
CSV = "text/csv; charset=utf-8"
# How long an answer about the past alone is kept: only a backfill changes it.
PAST_SECONDS = 300


@dataclass(frozen=True)
class Answer:
    """A body, and for how many seconds it may be reused."""

    body: bytes
    fresh_seconds: int
    content_type: str = JSON
    etag: str = ""


@dataclass(frozen=True)
class Operation:
    """What the OpenAPI document says about a view."""

    summary: str
    parameters: Schema
    answer: Schema | None
    many: bool
    statuses: tuple[int, ...]
    csv: bool


@dataclass(frozen=True)
class Caller:
    """The application's context, and what the request says about who asks."""

    context: Context
    scope: Scope
    prefers_csv: bool
    now: datetime

    @property
    def accounting(self) -> Accounting:
        """Return how bytes are counted."""
        return self.context.settings.accounting


View = Callable[..., Answer]


def dump_json(value: Any, fresh_seconds: int) -> Answer:
    """Return a JSON answer; NaN and infinity become null."""
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
    """Return a decorator that makes a Flask view of ``view(caller, question, **path)``.

    Args:
        parameters: the schema of the query string.
        answer: the schema of the answer, for the OpenAPI document.
        summary: what the view answers, in a few words.
        many: whether the answer is a list.
        statuses: of failures, in addition to those that every view has.
        csv: whether the answer can be CSV.

    """

    def decorate(view: View) -> Callable[..., Response]:
        @wraps(view)
        def serve(**path: str) -> Response:
            context = get_context()
            caller = Caller(context, _find_scope(context), csv and _prefers_csv(), context.clock())
            key = (request.path, request.query_string, caller.scope, caller.prefers_csv)

            def make() -> CacheEntry:
                question = load_parameters(parameters, request.args.to_dict(flat=False))
                made = view(caller, question, **path)
                etag = hashlib.sha256(made.body).hexdigest()[:32]
                size = len(made.body) + 2 * len(request.query_string)
                return CacheEntry(replace(made, etag=etag), size, made.fresh_seconds)

            return _respond(context.upstream.cache.get_or_make(key, make))

        serve.operation = Operation(  # type: ignore[attr-defined]
            summary, parameters, answer, many, statuses, csv
        )
        return serve

    return decorate


def _find_scope(context: Context) -> Scope:
    """Return what the request's token may see; everything if no tokens are configured."""
    grants = context.settings.grants
    if grants is None:
        return ALL
    authorization = request.authorization
    token = authorization.token if authorization and authorization.type == "bearer" else None
    grant = find_grant(grants, token, context.clock()) if token else None
    if grant is None:
        context.metrics.unauthorized.inc()
        raise UnauthorizedError("this needs a bearer token that is known here and has not expired")
    return grant.scope


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
