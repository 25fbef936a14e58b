"""The least that Flask can do: a view that answers the same bytes always, by which to measure."""

from flask import Flask, Response


def create_app(size: int) -> Flask:
    """Return an application that answers every path with so many bytes."""
    app = Flask(__name__)
    body = b" " * size

    @app.get("/")
    def answer() -> Response:
        return Response(body, content_type="application/json")

    return app
