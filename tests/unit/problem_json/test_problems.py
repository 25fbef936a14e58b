"""Errors as problem+json, in an application without anything else."""

from http import HTTPStatus

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Unauthorized

from problem_json import problems


@pytest.fixture
def client() -> FlaskClient:
    app = Flask(__name__)
    problems.register(app)

    @app.get("/secret")
    def _secret() -> Response:
        raise Unauthorized("no token", www_authenticate=WWWAuthenticate("bearer"))

    @app.get("/broken")
    def _broken() -> Response:
        raise RuntimeError("a detail of the inside")

    return app.test_client()


def test_a_problem_has_the_standard_members_and_further_ones() -> None:
    response = problems.make_problem(HTTPStatus.CONFLICT, "taken", name="a")
    assert (response.status_code, response.content_type) == (409, "application/problem+json")
    assert response.get_json() == {
        "type": "about:blank",
        "title": "Conflict",
        "status": 409,
        "detail": "taken",
        "name": "a",
    }


def test_half_of_a_surrogate_pair_in_the_detail_is_escaped() -> None:
    assert rb"\ud800" in problems.make_problem(HTTPStatus.BAD_REQUEST, "\ud800").data


def test_titles_are_the_same_in_all_versions_of_python() -> None:
    titles = {
        problems.make_problem(HTTPStatus(status), "").get_json()["title"] for status in (413, 422)
    }
    assert titles == {"Request Entity Too Large", "Unprocessable Content"}


def test_an_error_of_the_application_is_a_problem(client: FlaskClient) -> None:
    response = client.get("/nowhere")
    assert (response.status_code, response.content_type) == (404, "application/problem+json")
    assert response.get_json()["title"] == "Not Found"


def test_a_problem_keeps_the_headers_of_the_error(client: FlaskClient) -> None:
    assert client.get("/secret").headers["WWW-Authenticate"].lower().startswith("bearer")
    assert "GET" in client.post("/secret").headers["Allow"]


def test_an_unexpected_exception_is_a_500_without_its_detail(client: FlaskClient) -> None:
    response = client.get("/broken")
    assert (response.status_code, response.content_type) == (500, "application/problem+json")
    assert "inside" not in response.text
