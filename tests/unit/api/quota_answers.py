"""Three quotas, one of them of three consumers, as Prometheus answers them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

import responses
from flask.testing import FlaskClient
from requests import PreparedRequest

from api import create_app
from tests.unit.api.answers import INSTANT_URL, RANGE_URL, URL, matrix, vector
from tests.unit.or_chains import left_nested

NOW = datetime(2026, 11, 24, tzinfo=UTC)
MONTH = {"calendar": "month", "period": "202611"}

# quota, labels, used, limit, forecast, threshold that fires
QUOTAS: list[tuple[str, dict[str, str], float, float, float | None, str | None]] = [
    ("bun", {**MONTH, "service": "bun", "direction": "egress", "team": "b"}, 95, 100, 120, "90"),
    ("each", {**MONTH, "consumer": "a"}, 30, 1000, 40, None),
    ("each", {**MONTH, "consumer": "b"}, 1100, 1000, 1500, "100"),
    ("each", {**MONTH, "consumer": "c"}, 810.5, 1000, 990, "80"),
    ("roll", {"calendar": "rolling:30d"}, 1, 10, None, None),
]


def facts() -> Iterator[tuple[dict[str, str], float]]:
    for quota, labels, used, _, forecast, firing in QUOTAS:
        named = {"quota": quota, **labels}
        yield {**named, "__fact__": "used"}, used
        if forecast is not None:
            yield {**named, "__fact__": "forecast"}, forecast
        if firing is not None:
            alert = {"alertname": "BandwidthQuotaUsage", "severity": "info", "threshold": firing}
            yield {**named, **alert, "alertstate": "firing", "__fact__": "firing"}, 1
    for quota, limit in {(entry[0], entry[3]) for entry in QUOTAS}:
        yield {"quota": quota, "__fact__": "limit"}, limit


def answer_instant(request: PreparedRequest) -> tuple[int, dict[str, str], str]:
    form = parse_qs(str(request.body))
    assert left_nested(form["query"][0]) == ""
    time = float(form["time"][0])
    found: list[tuple[dict[str, str], float]] = []
    if "max by (period)" in form["query"][0]:
        used = {"202609": 0, "202610": 500, "202611": 95.5, "x": 1}
        found = [({"period": period, "__fact__": "used"}, value) for period, value in used.items()]
        found += [
            ({"period": period, "__fact__": "ratio"}, value / 80) for period, value in used.items()
        ]
    else:
        asked = [quota for quota, *_ in QUOTAS if f'quota="{quota}"' in form["query"][0]]
        found = [fact for fact in facts() if not asked or fact[0]["quota"] in asked]
        if 'quota="none"' in form["query"][0]:
            found = []
    return 200, {}, json.dumps(vector(*({"metric": m, "value": [time, str(v)]} for m, v in found)))


def answer_range(request: PreparedRequest) -> tuple[int, dict[str, str], str]:
    form = {key: values[0] for key, values in parse_qs(str(request.body)).items()}
    assert left_nested(form["query"]) == ""
    last = float(form["end"])
    return 200, {}, json.dumps(matrix({"metric": {}, "values": [[last, "90"]]}))


@contextmanager
def client_of_quotas() -> Iterator[FlaskClient]:
    """Return a client of an API to which Prometheus answers the quotas."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.add_callback(responses.POST, INSTANT_URL, answer_instant)
        mock.add_callback(responses.POST, RANGE_URL, answer_range)
        yield create_app({"PROMETHEUS_URL": URL}, clock=lambda: NOW).test_client()


def get(client: FlaskClient, path: str) -> Any:
    """Return the JSON of a path that is found."""
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.get_json()
