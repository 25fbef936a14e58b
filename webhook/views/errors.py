"""Every failure of the webhook leaves as application/problem+json (RFC 9457)."""

import json
import logging

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from webhook.alerts.payload import PayloadError
from webhook.store.database import StoreError
from webhook.store.upgrade import SchemaError
from webhook.text import clean_line

_BAD_REQUEST = 400
_UNAVAILABLE = 503
_log = logging.getLogger(__name__)


def register(app: Flask) -> None:
    """Make ``app`` answer each failure with a problem; one of ours says nothing of its inside."""
    app.register_error_handler(PayloadError, _answer_payload_error)
    app.register_error_handler(StoreError, _answer_store_error)
    app.register_error_handler(SchemaError, _answer_store_error)
    # An exception nobody expected reaches this handler as 500: logged by Flask with its trace,
    # answered without.
    app.register_error_handler(HTTPException, _answer_http_exception)


def _answer_payload_error(error: PayloadError) -> Response:
    return _problem(_BAD_REQUEST, "Bad Request", str(error))


def _answer_store_error(error: StoreError | SchemaError) -> Response:
    _log.error("the store failed: %s", clean_line(str(error)))
    detail = "the store cannot read or commit now; nothing was taken, try again"
    return _problem(_UNAVAILABLE, "Service Unavailable", detail)


def _answer_http_exception(error: HTTPException) -> Response:
    status = error.code or 500
    response = _problem(status, error.name, error.description or "")
    for name, value in error.get_headers(request.environ):
        # Allow of 405 and WWW-Authenticate of 401 are part of the answer; the body is ours.
        if name.lower() != "content-type":
            response.headers[name] = value
    return response


def _problem(status: int, title: str, detail: str) -> Response:
    problem = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return Response(json.dumps(problem), status, content_type="application/problem+json")
