"""Applications that always answer the same bytes: the fastest that an API can be."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Flask, Response

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_JSON = "application/json"


def create_app(size: int) -> Flask:
    """Return a Flask application that answers ``/`` with ``size`` bytes."""
    app = Flask(__name__)
    body = b" " * size

    @app.get("/")
    def answer() -> Response:
        return Response(body, content_type=_JSON)

    return app


def create_bare_app(size: int) -> "WSGIApplication":
    """Return a function that answers everything with ``size`` bytes."""
    body = b" " * size

    def answer(_: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        start_response("200 OK", [("Content-Type", _JSON), ("Content-Length", str(size))])
        return [body]

    return answer
