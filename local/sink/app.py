"""The Flask application of the sink's page and of its JSON API."""

import json

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from local.sink import api, inbox
from local.sink.mailbox import Mailbox
from local.sink.refusals import Refusals

MAX_REQUEST_BYTES = 16 * 1024

PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "frame-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)


def create_app(mailbox: Mailbox, refusals: Refusals, *, smtp_host: str, smtp_port: int) -> Flask:
    """Return the application that shows a mailbox and edits the refusals.

    An empty inbox shows the address of the SMTP server.
    """
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = MAX_REQUEST_BYTES
    app.config["SMTP_ADDRESS"] = (smtp_host, smtp_port)
    app.extensions["mailbox"] = mailbox
    app.extensions["refusals"] = refusals
    app.register_blueprint(api.blueprint)
    app.register_blueprint(inbox.blueprint)
    app.register_error_handler(HTTPException, _problem)
    app.after_request(_harden)
    return app


def _problem(error: HTTPException) -> Response | HTTPException:
    """Return errors of the API as problem+json, and other errors as Werkzeug's own page."""
    if not request.path.startswith("/api/"):
        return error
    body = {"title": error.name, "status": error.code, "detail": error.description}
    return Response(json.dumps(body), error.code, content_type="application/problem+json")


def _harden(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", PAGE_POLICY)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response
