"""Long query strings, with gunicorn, the settings of production and a real Prometheus."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import requests

from api.http.parameters import MOST_QUERY_BYTES
from tests.integration.api.api_process import api
from tests.integration.support.prometheus import running
from tests.integration.support.raw_requests import connect, read_all

TIMEOUT_SECONDS = 30
# Other tests keep the machine busy.
PATIENT = {"PROMETHEUS_TIMEOUT_SECONDS": "30"}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("long")
    with running(folder) as prometheus, api(folder / "api.log", prometheus.url, **PATIENT) as url:
        yield url


def get(url: str) -> requests.Response:
    return requests.get(url, timeout=TIMEOUT_SECONDS)


def test_a_hundred_values_of_each_filter_are_answered(url: str) -> None:
    filters = [
        f"{name}={name}-with-a-name-of-usual-length-{number}"
        for name in ("service", "route", "consumer", "workspace")
        for number in range(100)
    ]
    answer = get(f"{url}/api/v1/bandwidth?{'&'.join(filters)}")
    assert answer.status_code == 200, answer.text
    assert answer.json()["series"] == []


def test_a_hundred_values_of_the_greatest_length_are_answered(url: str) -> None:
    services = "&".join(f"service={number:04}{'x' * 1_020}" for number in range(100))
    answer = get(f"{url}/api/v1/bandwidth?{services}")
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    ("query", "statuses"),
    [
        ("service=" + "x" * MOST_QUERY_BYTES, {414}),
        ("&".join(f"service={number}" for number in range(101)), {400}),
        ("&" * 2_000, {400}),
        ("&".join(f"unknown{number}=" for number in range(900)), {400}),
        # In which parts it arrives decides which limit it meets first: of the line, or of the head.
        ("service=" + "x" * 300_000, {414, 431}),
    ],
    ids=["too long", "too many values", "too many parameters", "unknown ones", "too long a head"],
)
def test_what_is_beyond_the_limits_is_a_problem(url: str, query: str, statuses: set[int]) -> None:
    answer = get(f"{url}/api/v1/bandwidth?{query}")
    assert answer.status_code in statuses
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["detail"]
    assert len(answer.content) < 100_000


@pytest.mark.parametrize("sent", [b"no HTTP\r\n\r\n", b"GET / HTTP/1.1\r\nHo st: x\r\n\r\n"])
def test_what_is_no_request_is_a_problem(url: str, sent: bytes) -> None:
    with connect(urlsplit(url).port or 0, sent) as connection:
        answer = read_all(connection)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"Content-Type: application/problem+json" in answer
