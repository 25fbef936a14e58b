import logging
from typing import Any

import pytest
import requests
import responses
from werkzeug.test import TestResponse

from api import create_app
from quotas.prometheus import queries
from tests.unit.api.answers import (
    BUN,
    INSTANT_URL,
    PATH,
    RANGE_URL,
    answer_with,
    client_at,
    matrix,
    sample,
    vector,
)

QUERY = f"{PATH}?lookback_duration=5m"


def assert_problem(answer: TestResponse, status: int, title: str) -> dict[str, Any]:
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    problem: dict[str, Any] = answer.get_json(force=True)
    assert problem["type"] == "about:blank"
    assert (problem["status"], problem["title"]) == (status, title)
    assert "Traceback" not in answer.text
    return problem


def test_wrong_parameters_are_reported_all_at_once_with_value_and_expectation() -> None:
    answer = client_at().get(f"{PATH}?type=up&sevice=x&route=%F0%9F%A5%90&route=b")
    problem = assert_problem(answer, 400, "Bad Request")
    assert problem["errors"] == [
        {
            "parameter": "lookback_duration",
            "value": None,
            "expected": 'a duration such as "90s", "5m" or "1h30m", at most "7d"',
        },
        {"parameter": "route", "value": "🥐", "expected": "one value, not 2"},
        {
            "parameter": "sevice",
            "value": "x",
            "expected": "one of the parameters start, end, lookback_duration, step, type, service, "
            'route, consumer; did you mean "service"?',
        },
        {"parameter": "type", "value": "up", "expected": '"egress" or "ingress"'},
    ]
    assert "lookback_duration: expected a duration" in problem["detail"]


@responses.activate
def test_too_many_rows_are_422_with_a_step_that_would_do() -> None:
    many = [sample(BUN | {"route": str(number)}, 1) for number in range(50)]
    answer_with(matrix(), vector(*many))
    answer = client_at().get(f"{PATH}?lookback_duration=7d")
    problem = assert_problem(answer, 422, "Unprocessable Content")
    assert problem["step"] == "2m"
    assert problem["detail"].startswith("at most 11000 points a series and 500000 in all are ")


@responses.activate
def test_a_refusal_by_prometheus_is_502() -> None:
    responses.post(RANGE_URL, status=422, json={"errorType": "execution", "error": "inside"})
    problem = assert_problem(client_at().get(QUERY), 502, "Bad Gateway")
    assert problem["detail"] == (
        "Prometheus gave no answer that can be used: it refused the request (HTTP 422)"
    )


@pytest.mark.parametrize("value", ["NaN", "+Inf", "-Inf", "-1", "1e300"])
@responses.activate
def test_a_number_that_cannot_be_bytes_is_502(value: str) -> None:
    answer_with(matrix(), vector(sample(BUN, value)))
    assert_problem(client_at().get(QUERY), 502, "Bad Gateway")


@responses.activate
def test_nonsense_in_the_second_answer_is_502() -> None:
    responses.post(RANGE_URL, json=matrix())
    responses.post(INSTANT_URL, body="nonsense")
    assert_problem(client_at().get(QUERY), 502, "Bad Gateway")


@responses.activate
def test_a_prometheus_that_cannot_be_reached_is_503_with_retry_after(
    caplog: pytest.LogCaptureFixture,
) -> None:
    responses.post(RANGE_URL, body=requests.ConnectionError("prometheus.test refused"))
    answer = client_at().get(QUERY)
    assert "prometheus.test refused" in caplog.text
    problem = assert_problem(answer, 503, "Service Unavailable")
    assert answer.headers["Retry-After"] == "5"
    assert "prometheus.test" not in problem["detail"]


@responses.activate
def test_a_prometheus_that_is_too_slow_is_504() -> None:
    responses.post(RANGE_URL, body=requests.ReadTimeout())
    assert_problem(client_at().get(QUERY), 504, "Gateway Timeout")


@pytest.mark.parametrize("path", ["/nothing", "/api/v1", "/docs/index.css"])
def test_an_unknown_path_is_404(path: str) -> None:
    assert_problem(client_at().get(path), 404, "Not Found")


@pytest.mark.parametrize("path", ["//healthz", "//elsewhere.example.com", "/docs/", "//docs/.."])
def test_no_path_leads_elsewhere(path: str) -> None:
    # The client of the tests would take what follows // for a host.
    answer = client_at().get("/", environ_overrides={"PATH_INFO": path})
    assert answer.status_code in (200, 404)


def test_another_method_is_405_and_lists_the_allowed_ones() -> None:
    answer = client_at().post(PATH)
    assert_problem(answer, 405, "Method Not Allowed")
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


def test_an_unexpected_exception_is_500_without_details(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the inside")

    monkeypatch.setattr(queries, "ask", fail)
    with caplog.at_level(logging.ERROR):
        answer = create_app({}).test_client().get(QUERY)
    problem = assert_problem(answer, 500, "Internal Server Error")
    assert "the inside" not in str(problem)
    assert "the inside" in caplog.text
