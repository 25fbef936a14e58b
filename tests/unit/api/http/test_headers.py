import pytest
from flask.testing import FlaskClient

from api import create_app

ORIGIN = "https://portal.example.com"


@pytest.fixture
def client() -> FlaskClient:
    return create_app({"CORS_ORIGINS": f"{ORIGIN} http://localhost:3000"}).test_client()


@pytest.mark.parametrize("path", ["/healthz", "/docs", "/openapi.json", "/none"])
def test_every_answer_says_what_browsers_may_do_with_it(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]


def test_the_page_runs_scripts_from_here_alone(client: FlaskClient) -> None:
    answer = client.get("/docs")
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "<script>" not in answer.text
    assert "http" not in answer.text


def test_a_listed_origin_may_read_answers_and_errors(client: FlaskClient) -> None:
    for path in ("/healthz", "/api/v1/bandwidth?x=1"):
        headers = client.get(path, headers={"Origin": ORIGIN}).headers
        assert headers["Access-Control-Allow-Origin"] == ORIGIN
        assert "Origin" in headers["Vary"]
        assert "Access-Control-Allow-Credentials" not in headers


@pytest.mark.parametrize("origin", ["https://evil.example.com", "null", f"{ORIGIN}.evil.com", ""])
def test_another_origin_may_not(client: FlaskClient, origin: str) -> None:
    headers = client.get("/healthz", headers={"Origin": origin}).headers
    assert "Access-Control-Allow-Origin" not in headers
    assert "Origin" in headers["Vary"]


def test_a_preflight_allows_the_token(client: FlaskClient) -> None:
    answer = client.options(
        "/api/v1/bandwidth", headers={"Origin": ORIGIN, "Access-Control-Request-Method": "GET"}
    )
    assert answer.status_code == 200
    assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]


def test_by_default_no_origin_may() -> None:
    headers = create_app({}).test_client().get("/healthz", headers={"Origin": ORIGIN}).headers
    assert "Access-Control-Allow-Origin" not in headers
