"""Errors: every failure is answered as application/problem+json (RFC 9457)."""

import logging
from http import HTTPStatus

from flask import Flask, Response

from problem_json import problems
from problem_json.problems import make_problem
from webhook.alerts.payload import PayloadError, PayloadTooLargeError
from webhook.store.database import StoreError
from webhook.store.upgrade import SchemaError
from webhook.text import clean_line

_log = logging.getLogger(__name__)


def register(app: Flask) -> None:
    """Make ``app`` answer each failure with a problem. No answer shows internal details."""
    app.register_error_handler(PayloadError, _answer_payload_error)
    app.register_error_handler(StoreError, _answer_store_error)
    app.register_error_handler(SchemaError, _answer_store_error)
    problems.register(app)


def _answer_payload_error(error: PayloadError) -> Response:
    if isinstance(error, PayloadTooLargeError):
        return make_problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the payload is refused: {error}")
    return make_problem(HTTPStatus.BAD_REQUEST, str(error))


def _answer_store_error(error: StoreError | SchemaError) -> Response:
    _log.error("the store failed: %s", clean_line(str(error)))
    detail = "the store cannot read or commit now; nothing was taken, try again"
    return make_problem(HTTPStatus.SERVICE_UNAVAILABLE, detail)
