from typing import Any

import jsonschema
import pytest
from flask.testing import FlaskClient

from api import create_app

PATHS = {
    "/api/v1/bandwidth",
    "/api/v1/catalog",
    "/api/v1/delivery",
    "/api/v1/pipeline",
    "/api/v1/quota-summaries",
    "/api/v1/quotas",
    "/api/v1/quotas/{name}",
    "/api/v1/quotas/{name}/history",
    "/api/v1/quotas/{name}/notifications",
    "/api/v1/quotas/{name}/series",
    "/metrics/bandwidth_used",
}


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    return create_app({}).test_client()


@pytest.fixture(scope="module")
def document(client: FlaskClient) -> Any:
    return client.get("/openapi.json").get_json()


def test_it_is_openapi_3_1_with_every_question_that_can_be_asked(document: Any) -> None:
    assert document["openapi"] == "3.1.0"
    assert set(document["paths"]) == PATHS


def test_each_operation_has_its_parameters_answers_and_failures(document: Any) -> None:
    for path, operations in document["paths"].items():
        operation = operations["get"]
        assert operation["summary"], path
        assert {"200", "400", "401", "502", "503", "504"} <= set(operation["responses"])
        names = [parameter["name"] for parameter in operation["parameters"]]
        assert len(set(names)) == len(names)
        assert ("name" in names) is ("{name}" in path)


def test_every_schema_is_one(document: Any) -> None:
    for schema in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_references_lead_somewhere(document: Any) -> None:
    def references(value: Any) -> set[str]:
        if isinstance(value, dict):
            own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
            return own.union(*map(references, value.values()))
        return set().union(*map(references, value)) if isinstance(value, list) else set()

    for reference in references(document):
        assert reference.removeprefix("#/components/schemas/") in document["components"]["schemas"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("swagger-ui-bundle.js", "text/javascript"),
        ("swagger-ui.css", "text/css"),
        ("start.js", "text/javascript"),
        ("page.css", "text/css"),
    ],
)
def test_the_page_loads_its_files_from_here(client: FlaskClient, name: str, kind: str) -> None:
    assert f'"docs/{name}"' in client.get("/docs").text
    answer = client.get(f"/docs/{name}")
    assert answer.status_code == 200
    assert answer.mimetype == kind


def test_no_other_file_is_served(client: FlaskClient) -> None:
    assert client.get("/docs/index.css").status_code == 404
    assert client.get("/docs/../settings.py").status_code == 404
