"""Answers with a part of the data only: refused, logged without secrets, and never cached."""

import json
import logging
from typing import Any

import pytest
import responses

from api.clients import cache
from api.http.errors import RETRY_AFTER_SECONDS
from quotas.http.exchange import TooLargeError, UnavailableError
from quotas.prometheus.endpoint import Endpoint, make_endpoint
from quotas.prometheus.queries import Prometheus, Series, query_at
from tests.unit.api.answers import BUN, INSTANT_URL, RANGE_URL, URL, client_at, matrix, series
from tests.unit.api.answers import vector as whole

WORDS = "it has only a part of the data at the moment"
# What Thanos 0.42.4 answers without, and with ``partial_response=false``, if a sidecar is away.
THANOS_WARNING = (
    'fetch series for {cluster="b", replica="b"} Addr: 127.0.0.1:39102 MinTime: -62167219200000 '
    "MaxTime: 9223372036854775807: rpc error: code = Unavailable desc = connection error: "
    'desc = "transport: Error while dialing: dial tcp 127.0.0.1:39102: connect: connection refused"'
)
THANOS_ERROR = {
    "status": "error",
    "errorType": "execution",
    "error": f"expanding series: proxy Series(): {THANOS_WARNING}",
}
PROMETHEUS_ANNOTATIONS = [
    "PromQL info: metric might not be a counter, name does not end in _total: 'x' (1:6)",
    "PromQL warning: encountered a mix of histograms and floats for aggregation (1:1)",
]


def ask() -> list[Series]:
    return query_at(Prometheus(Endpoint(URL), 7), "up", 1_000_000)


@pytest.mark.parametrize(
    "more",
    [
        {"warnings": [THANOS_WARNING]},
        {"warnings": [*PROMETHEUS_ANNOTATIONS, THANOS_WARNING]},
        {"warnings": ["12 more warning annotations omitted"]},
        {"warnings": [7]},
        {"isPartial": True},
        {"isPartial": True, "warnings": PROMETHEUS_ANNOTATIONS},
    ],
)
@responses.activate
def test_a_part_of_the_data_is_no_answer(more: dict[str, Any]) -> None:
    responses.post(INSTANT_URL, json=whole() | more)
    with pytest.raises(UnavailableError, match=WORDS):
        ask()


@pytest.mark.parametrize(
    "more",
    [
        {"warnings": PROMETHEUS_ANNOTATIONS},
        {"infos": [PROMETHEUS_ANNOTATIONS[0]]},
        {"infos": ["3 more info annotations omitted"]},
        {"warnings": []},
        {"warnings": None},
        {"isPartial": False},
    ],
)
@responses.activate
def test_words_about_the_expression_do_not_make_an_answer_partial(more: dict[str, Any]) -> None:
    responses.post(INSTANT_URL, json=whole() | more)
    assert ask() == []


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (422, THANOS_ERROR, UnavailableError),
        (422, {"errorType": "execution", "error": "No StoreAPIs available"}, UnavailableError),
        (422, {"errorType": "execution", "error": "too many samples"}, TooLargeError),
    ],
)
@responses.activate
def test_a_query_that_is_refused_because_a_part_is_away_can_be_tried_again(
    status: int, body: dict[str, str], expected: type[Exception]
) -> None:
    responses.post(INSTANT_URL, status=status, json=body)
    with pytest.raises(expected):
        ask()


@responses.activate
def test_the_words_of_the_engine_only_go_to_the_log_without_secrets(
    caplog: pytest.LogCaptureFixture,
) -> None:
    endpoint = make_endpoint(URL, {"PROMETHEUS_TOKEN": "hush"})
    responses.post(INSTANT_URL, json=whole() | {"warnings": [f"no store for hush {'x' * 1000}"]})
    with pytest.raises(UnavailableError) as raised, caplog.at_level(logging.WARNING):
        query_at(Prometheus(endpoint, 7), "up", 1_000_000)
    assert "store" not in str(raised.value)
    assert "no store for *** xxx" in caplog.text
    assert len(caplog.text) < 700


@responses.activate
def test_the_api_refuses_it_and_caches_nothing_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "ERROR_SECONDS", 0)
    client = client_at()
    question = "/metrics/bandwidth_used?lookback_duration=1h&end=2022-02-17T12:00:00Z&type=egress"
    a_part = matrix(series(BUN, {"11:30:00": 7}))
    responses.post(RANGE_URL, json=a_part | {"warnings": [THANOS_WARNING]})
    responses.post(RANGE_URL, json=matrix(series(BUN, {"11:30:00": 7, "11:31:00": 8})))
    refused = client.get(question)
    assert refused.status_code == 503
    assert refused.headers["Retry-After"] == str(RETRY_AFTER_SECONDS)
    assert (
        json.loads(refused.data)["detail"] == f"Prometheus gave no answer that can be used: {WORDS}"
    )
    answered = client.get(question)
    assert answered.status_code == 200
    assert sum(row["bandwidth_used"] or 0 for row in answered.get_json()) == 15
