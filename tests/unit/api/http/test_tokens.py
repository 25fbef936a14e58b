"""A scoped token sees only its own, in every endpoint, however it asks."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
import responses
from flask.testing import FlaskClient
from requests import PreparedRequest

from api import create_app
from tests.unit.api.answers import INSTANT_URL, NOW, RANGE_URL, URL, matrix, vector

TOKENS = """
tokens:
  - {name: all, sha256: "%s", scope: all}
  - {name: bun, sha256: "%s", scope: {services: [bun], consumers: [acme, ""], quotas: [mine]}}
  - {name: quotas, sha256: "%s", scope: {quotas: [mine]}}
  - {name: old, sha256: "%s", scope: all, expires: 2022-02-17}
"""
COUNTERS = re.compile(r"(?:kong_bandwidth_bytes|gateway:bandwidth_bytes:delta)(\{[^}]*\})?")
QUOTAS = re.compile(r"(?:quota:bandwidth_bytes:\w+|ALERTS)(\{[^}]*\})?")
BYTES_PATHS = [
    "/metrics/bandwidth_used?lookback_duration=5m",
    "/metrics/bandwidth_used?lookback_duration=5m&service=other&consumer=other",
    "/api/v1/bandwidth",
    "/api/v1/bandwidth?lookback=7d&by=service,consumer&top=1",
    "/api/v1/bandwidth?step=month&service=other&service=bun&format=csv",
    "/api/v1/catalog",
]
QUOTA_PATHS = [
    "/api/v1/quota-summaries",
    "/api/v1/quotas",
    "/api/v1/quotas/mine",
    "/api/v1/quotas/mine/series",
    "/api/v1/quotas/mine/history",
]


@pytest.fixture
def client(tmp_path: Path) -> FlaskClient:
    path = tmp_path / "tokens.yaml"
    hashes = tuple(
        hashlib.sha256(name.encode()).hexdigest() for name in ("all", "bun", "quotas", "old")
    )
    path.write_text(TOKENS % hashes, encoding="utf-8")
    environ = {"PROMETHEUS_URL": URL, "API_TOKENS_FILE": str(path)}
    return create_app(environ, clock=lambda: NOW).test_client()


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def answer_quota(request: PreparedRequest) -> tuple[int, dict[str, str], str]:
    """Answer an instant query with one quota that everyone may see, where quotas are asked for."""
    [time] = parse_qs(str(request.body))["time"]
    labels = {"quota": "mine", "calendar": "month", "period": "202202", "__fact__": "used"}
    labels |= {"service": "bun", "consumer": "acme"}
    entry = {"metric": labels, "value": [float(time), "1"]}
    found = [entry] if "quota%3A" in str(request.body) else []
    return 200, {}, json.dumps(vector(*found))


def queries_of(client: FlaskClient, path: str, token: str) -> list[str]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.post(RANGE_URL, json=matrix())
        mock.add_callback(responses.POST, INSTANT_URL, answer_quota)
        answer = client.get(path, headers=bearer(token))
        assert answer.status_code == 200, answer.text
        return [parse_qs(str(call.request.body))["query"][0] for call in mock.calls]


@pytest.mark.parametrize("path", BYTES_PATHS)
def test_every_counter_that_is_read_is_of_the_scope(client: FlaskClient, path: str) -> None:
    queries = queries_of(client, path, "bun")
    selectors = [found for query in queries for found in COUNTERS.findall(query)]
    assert selectors
    for selector in selectors:
        assert 'service="bun"' in selector
        assert 'consumer=~"acme|"' in selector


@pytest.mark.parametrize("path", BYTES_PATHS)
def test_a_scope_of_quotas_reads_no_counter_that_has_bytes(client: FlaskClient, path: str) -> None:
    for query in queries_of(client, path, "quotas"):
        assert all('service=~"$."' in found for found in COUNTERS.findall(query))


@pytest.mark.parametrize("path", QUOTA_PATHS)
def test_every_quota_that_is_read_is_of_the_scope(client: FlaskClient, path: str) -> None:
    queries = queries_of(client, path, "bun")
    selectors = [found for query in queries for found in QUOTAS.findall(query)]
    assert selectors
    assert all('quota="mine"' in selector for selector in selectors)


@responses.activate
def test_a_summary_counts_only_entries_of_the_scope(client: FlaskClient) -> None:
    def answer(request: PreparedRequest) -> tuple[int, dict[str, str], str]:
        [time] = parse_qs(str(request.body))["time"]
        labels = {"quota": "mine", "calendar": "month", "period": "202202", "service": "bun"}
        found: list[Any] = [
            {
                "metric": {**labels, "consumer": consumer, "__fact__": "used"},
                "value": [float(time), "1"],
            }
            for consumer in ("acme", "others")
        ]
        return 200, {}, json.dumps(vector(*found))

    responses.add_callback(responses.POST, INSTANT_URL, answer)
    seen: dict[str, Any] = {
        token: client.get("/api/v1/quota-summaries", headers=bearer(token)).get_json()
        for token in ("all", "bun")
    }
    assert [seen[token]["states"] for token in ("all", "bun")] == [{"ok": 2}, {"ok": 1}]
    [summary] = seen["bun"]["quotas"]
    assert (summary["size"], summary["found"], summary["for_each"]) == (1, 1, [])
    assert "others" not in json.dumps(seen["bun"])


@pytest.mark.parametrize("path", ["", "/series", "/history"])
@responses.activate
def test_a_quota_of_others_is_not_found_as_one_that_is_not_there(
    client: FlaskClient, path: str
) -> None:
    responses.post(INSTANT_URL, json=vector())
    theirs = client.get(f"/api/v1/quotas/theirs{path}", headers=bearer("bun"))
    nothing = client.get(f"/api/v1/quotas/nothing{path}", headers=bearer("all"))
    assert theirs.status_code == nothing.status_code == 404
    assert theirs.data == nothing.data


@pytest.mark.parametrize("path", [*BYTES_PATHS, *QUOTA_PATHS])
@pytest.mark.parametrize(
    "headers",
    [{}, bearer("wrong"), bearer("old"), bearer(""), {"Authorization": "Basic YWxsOmFsbA=="}],
    ids=["none", "unknown", "expired", "empty", "basic"],
)
def test_without_a_valid_token_nothing_is_answered(
    client: FlaskClient, path: str, headers: dict[str, str]
) -> None:
    answer = client.get(path, headers=headers)
    assert answer.status_code == 401
    assert answer.content_type == "application/problem+json"
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@responses.activate
def test_the_cached_answer_of_one_token_is_not_given_to_another(client: FlaskClient) -> None:
    def answer(request: PreparedRequest) -> tuple[int, dict[str, str], str]:
        time = float(parse_qs(str(request.body))["time"][0])
        everything = {"metric": {}, "value": [time, "5"]}
        found = [] if 'service="bun"' in parse_qs(str(request.body))["query"][0] else [everything]
        return 200, {}, json.dumps(vector(*found))

    responses.add_callback(responses.POST, INSTANT_URL, answer)
    responses.post(RANGE_URL, json=matrix())
    path = "/api/v1/bandwidth?lookback=10s&step=1m"
    first = client.get(path, headers=bearer("all"))
    second = client.get(path, headers=bearer("bun"))
    third = client.get(path, headers=bearer("all") | {"If-None-Match": first.headers["ETag"]})
    fourth = client.get(path, headers=bearer("bun") | {"If-None-Match": first.headers["ETag"]})
    assert (third.status_code, fourth.status_code) == (304, 200)
    assert second.data == fourth.data
    assert first.headers["Cache-Control"].startswith("private")
    assert client.get(path).status_code == 401


@pytest.mark.parametrize("path", ["/healthz", "/metrics", "/docs", "/openapi.json"])
def test_paths_without_secrets_need_no_token(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert URL not in answer.text


def test_metrics_hold_neither_questions_nor_tokens(client: FlaskClient) -> None:
    queries_of(client, "/api/v1/bandwidth?service=hidden-name", "bun")
    client.get("/api/v1/quotas/hidden-name", headers=bearer("bun"))
    text = client.get("/metrics").text
    assert "hidden-name" not in text
    assert "bun" not in text
    assert 'path="/api/v1/quotas/<name>",status="404"' in text


@responses.activate
def test_readiness_is_that_of_prometheus_and_hides_its_address(client: FlaskClient) -> None:
    responses.post(INSTANT_URL, status=503)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "prometheus.test" not in answer.text
    assert answer.headers["Retry-After"] == "5"
