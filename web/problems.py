"""Failures as application/problem+json (RFC 9457), the same in both applications."""

import json
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

CONTENT_TYPE = "application/problem+json"

# Titles that Python changed in version 3.13.
_TITLES = {
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Request Entity Too Large",
    HTTPStatus.UNPROCESSABLE_ENTITY: "Unprocessable Content",
}


def make_problem(status: HTTPStatus, detail: str, **more: Any) -> Response:
    """Return the response for a failure; ``more`` are members beside the standard ones."""
    problem = {
        "type": "about:blank",
        "title": _TITLES.get(status, status.phrase),
        "status": int(status),
        "detail": detail,
    }
    # Not orjson: a message may quote half a surrogate pair, which UTF-8 cannot carry.
    return Response(json.dumps(problem | more), status, content_type=CONTENT_TYPE)


def register(app: Flask) -> None:
    """Make ``app`` answer every HTTP error with a problem.

    An unexpected exception reaches this handler as 500. Flask logs its traceback; the response
    says nothing about the inside of the application.
    """
    app.register_error_handler(HTTPException, _answer_http_exception)


def _answer_http_exception(error: HTTPException) -> Response:
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    response = make_problem(status, error.description or "")
    for name, value in error.get_headers(request.environ):
        # Allow of 405 and WWW-Authenticate of 401 are part of the answer; the body is ours.
        if name.lower() != "content-type":
            response.headers[name] = value
    return response
