"""Errors as application/problem+json (RFC 9457), in the same shape for both applications."""

import json
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

CONTENT_TYPE = "application/problem+json"

# Titles that differ between Python 3.13 and older versions.
_TITLES = {
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Request Entity Too Large",
    HTTPStatus.UNPROCESSABLE_ENTITY: "Unprocessable Content",
}


def make_problem(status: HTTPStatus, detail: str, **more: Any) -> Response:
    """Return an error response.

    Args:
        status: the HTTP status.
        detail: what went wrong, for people.
        more: further members of the JSON object.

    """
    problem = {
        "type": "about:blank",
        "title": _TITLES.get(status, status.phrase),
        "status": int(status),
        "detail": detail,
    }
    # Not orjson: a message may quote half a surrogate pair, which UTF-8 cannot encode.
    return Response(json.dumps(problem | more), status, content_type=CONTENT_TYPE)


def register(app: Flask) -> None:
    """Make the application answer every HTTP error as problem+json.

    An unexpected exception becomes a 500. Flask logs its traceback; the response reveals no
    detail of it.
    """
    app.register_error_handler(HTTPException, _answer_http_exception)


def _answer_http_exception(error: HTTPException) -> Response:
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    response = make_problem(status, error.description or "")
    for name, value in error.get_headers(request.environ):
        # Keep headers such as Allow (405) and WWW-Authenticate (401); only the body is replaced.
        if name.lower() != "content-type":
            response.headers[name] = value
    return response
