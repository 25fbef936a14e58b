"""/openapi.json, and Swagger UI at /docs from local files."""

import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import orjson
from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Blueprint, Flask, Response, current_app, request

from api.http.answer_cache import JSON
from api.http.fields import Duration, LabelField, StepField, Time, Zone
from api.http.operation import Operation
from api.views.schemas.problems import ProblemSchema
from problem_json.whole_numbers import WholeNumber

PROBLEM = "application/problem+json"
_ALWAYS = (400, 401, 414, 422, 500, 502, 503, 504)
_TITLE = "Gateway quotas"
_DESCRIPTION = (
    "Bandwidth of Kong gateways over time, and how much of each quota is used. Numbers of bytes; "
    "null where no gateway was observed, 0 where one was and nothing moved."
)
# Scripts and styles are not inline, so that the CSP stays strict.
_FILES = {
    "start.js": "text/javascript; charset=utf-8",
    "page.css": "text/css; charset=utf-8",
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
    "favicon-32x32.png": "image/png",
}
_OWN_FILES = Path(__file__).parent.parent / "static" / "docs"
_FILES_SECONDS = 86_400
_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Gateway quotas API</title>
<link rel="icon" type="image/png" href="docs/favicon-32x32.png">
<link rel="stylesheet" href="docs/swagger-ui.css">
<link rel="stylesheet" href="docs/page.css">
</head>
<body>
<nav><a href="./">← Gateway quotas</a></nav>
<div id="swagger-ui"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
"""
blueprint = Blueprint("docs", __name__)


@blueprint.get("/openapi.json")
def show_openapi() -> Response:
    """Return the OpenAPI 3.1 document."""
    response = Response(orjson.dumps(describe_app(current_app)), content_type=JSON)
    response.headers["Cache-Control"] = "public, max-age=60"
    response.add_etag()
    response.make_conditional(request)
    return response


@blueprint.get("/docs")
def show_docs() -> Response:
    """Return the page of Swagger UI."""
    return Response(_PAGE, content_type="text/html; charset=utf-8")


@blueprint.get(f"/docs/<any({', '.join(map(repr, _FILES))}):name>")
def show_file(name: str) -> Response:
    """Return a file of the page: its own, or one of Swagger UI (package flask-swagger-ui)."""
    own = _OWN_FILES / name
    found = own if own.exists() else files("flask_swagger_ui") / "dist" / name
    response = Response(found.read_bytes(), content_type=_FILES[name])
    response.headers["Cache-Control"] = f"public, max-age={0 if own.exists() else _FILES_SECONDS}"
    response.add_etag()
    response.make_conditional(request)
    return response


def describe_app(app: Flask) -> dict[str, Any]:
    """Return the OpenAPI document of the application's operations."""
    plugin = MarshmallowPlugin()
    spec = APISpec(_TITLE, "1", "3.1.0", plugins=[plugin], info={"description": _DESCRIPTION})
    for field in (Duration, Time, StepField, Zone, LabelField):
        plugin.map_to_openapi_type(field, "string", None)  # type: ignore[no-untyped-call]
    plugin.map_to_openapi_type(WholeNumber, "integer", None)  # type: ignore[no-untyped-call]
    spec.components.schema("Problem", schema=ProblemSchema)
    spec.components.security_scheme("token", {"type": "http", "scheme": "bearer"})
    rules = sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule)
    for rule in rules:
        operation = getattr(app.view_functions[rule.endpoint], "operation", None)
        if isinstance(operation, Operation):
            names = sorted(rule.arguments)
            path = re.sub(r"<(?:[^:>]*:)?([^>]*)>", r"{\1}", rule.rule)
            spec.path(path, operations={"get": _describe(operation, rule.endpoint, names)})
    return spec.to_dict()


def _describe(operation: Operation, endpoint: str, path_names: list[str]) -> dict[str, Any]:
    schema: Any = operation.answer
    if operation.many:
        schema = {"type": "array", "items": operation.answer}
    content: dict[str, Any] = {JSON: {"schema": schema}}
    if operation.csv:
        content["text/csv"] = {"schema": {"type": "string"}}
    problem = {"content": {PROBLEM: {"schema": ProblemSchema}}}
    responses = {
        str(status): problem | {"description": _STATUSES[status]}
        for status in sorted({*_ALWAYS, *operation.statuses})
    }
    path_parameters = [
        {"in": "path", "name": name, "required": True, "schema": {"type": "string"}}
        for name in path_names
    ]
    return {
        "operationId": endpoint.partition(".")[2],
        "summary": operation.summary,
        "tags": [endpoint.partition(".")[0]],
        "security": [{}, {"token": []}],
        "parameters": [*path_parameters, {"in": "query", "schema": operation.parameters}],
        "responses": {"200": {"description": "the answer", "content": content}, **responses},
    }


_STATUSES = {
    400: "parameters are wrong: each is listed with its value and what is expected",
    401: "a bearer token is needed",
    404: "there is none",
    414: "the query string is too long",
    422: "too many points or series (`step` is one that would do), or too much for Prometheus",
    500: "a failure of the API",
    502: "Prometheus, or the webhook, refused the question",
    503: "Prometheus, or the webhook, cannot be reached; Retry-After says when to try again",
    504: "Prometheus, or the webhook, was too slow",
}
