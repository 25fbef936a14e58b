"""From a request to an answer: token, answer cache, parameters, the view, and the response.

A view takes a caller and the checked parameters (the question), and returns an Answer.
``operation`` turns it into a Flask view and stores what the OpenAPI document says about it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any

import orjson
from flask import Response, request
from marshmallow import Schema

from api.access import ALL, Scope, UnauthorizedError, find_grant
from api.http.answer_cache import JSON, Answer, find_or_make_answer, respond
from api.http.context import Context, get_context
from api.http.parameters import load_parameters, read_query
from quotas.model import QuotaFile


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
    """The application's context, what the request says about who asks, and quotas.yaml."""

    context: Context
    scope: Scope
    prefers_csv: bool
    now: datetime
    quotas: QuotaFile


View = Callable[..., Answer]


def dump_json(value: Any, fresh_seconds: int) -> Answer:
    """Return an answer in JSON. NaN and infinity become null."""
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
            scope, prefers_csv = _find_scope(context), csv and _prefers_csv()
            caller = Caller(context, scope, prefers_csv, context.clock(), context.read_quotas())

            def make() -> Answer:
                question = load_parameters(parameters, read_query(request.query_string))
                with context.bounded():
                    return view(caller, question, **path)

            found = find_or_make_answer(
                context.upstream.cache,
                context.waiting,
                scope,
                prefers_csv=prefers_csv,
                make=make,
            )
            return respond(found, is_public=context.settings.grants is None)

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
