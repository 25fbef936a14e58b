"""A Flask application that always answers the same bytes: the fastest that an API can be."""

from flask import Flask, Response


def create_app(size: int) -> Flask:
    """Return an application that answers ``/`` with ``size`` bytes."""
    app = Flask(__name__)
    body = b" " * size

    @app.get("/")
    def answer() -> Response:
        return Response(body, content_type="application/json")

    return app
