"""Answers of a mocked Prometheus, and an application with a fixed clock that gets them."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

import responses
from flask.testing import FlaskClient
from requests import PreparedRequest

from api import create_app

URL = "http://prometheus.test:9090/at"
RANGE_URL = f"{URL}/api/v1/query_range"
INSTANT_URL = f"{URL}/api/v1/query"
PATH = "/metrics/bandwidth_used"

# 18:44:37.123456, five windows and a part of the sixth are in five minutes.
NOW = datetime(2022, 2, 17, 18, 44, 37, 123456, tzinfo=UTC)
NOW_SECONDS = 1645123477.123

BUN = {"direction": "egress", "service": "bun-service", "route": "bun-route"}
OBSERVED = {"observed": "1"}


def client_at(now: datetime = NOW) -> FlaskClient:
    environ = {
        "PROMETHEUS_URL": URL,
        "PROMETHEUS_TIMEOUT_SECONDS": "7",
        "SCRAPE_INTERVAL_SECONDS": "10",
    }
    return create_app(environ, clock=lambda: now).test_client()


def at(clock: str) -> float:
    """Return the Unix time of a time of the day of NOW."""
    return datetime.fromisoformat(f"2022-02-17T{clock}+00:00").timestamp()


def series(labels: Mapping[str, str], values: Mapping[str, object]) -> dict[str, Any]:
    """Return a series of a matrix: its values by time of the day."""
    return {"metric": labels, "values": [[at(clock), str(v)] for clock, v in values.items()]}


def sample(labels: Mapping[str, str], value: object, seconds: float = NOW_SECONDS) -> Any:
    return {"metric": labels, "value": [seconds, str(value)]}


def matrix(*result: Any) -> dict[str, Any]:
    return {"status": "success", "data": {"resultType": "matrix", "result": list(result)}}


def vector(*result: Any) -> dict[str, Any]:
    return {"status": "success", "data": {"resultType": "vector", "result": list(result)}}


def answer_with(windows: Any, partial: Any = None) -> None:
    """Answer the range query of whole windows, and each instant query with what is of its time."""

    def answer(request: PreparedRequest) -> tuple[int, dict[str, str], str]:
        time = float(parse_qs(str(request.body))["time"][0])
        answered = partial if partial is not None else vector()
        found = [s for s in answered["data"]["result"] if s["value"][0] == time]
        return 200, {}, json.dumps(vector(*found))

    responses.post(RANGE_URL, json=windows)
    responses.add_callback("POST", INSTANT_URL, callback=answer)


def forms() -> list[dict[str, str]]:
    """Return the form of each query that was made."""
    bodies = [str(call.request.body) for call in responses.calls]
    return [{key: values[0] for key, values in parse_qs(body).items()} for body in bodies]
