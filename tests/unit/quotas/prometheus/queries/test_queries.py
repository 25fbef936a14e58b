import json
import logging
from typing import Any

import pytest
import requests
import responses
from hypothesis import given
from hypothesis import strategies as st

from quotas.http.exchange import (
    BadAnswerError,
    TooLargeError,
    TooSlowError,
    UnavailableError,
    UpstreamError,
)
from quotas.prometheus import queries
from quotas.prometheus.endpoint import Endpoint, make_endpoint
from quotas.prometheus.partial_answers import QUERY_PARAMETERS
from quotas.prometheus.queries import Prometheus, Series, query_at, query_range
from tests.unit.api.answers import INSTANT_URL, RANGE_URL, URL, forms, matrix, vector

ASKED = Prometheus(Endpoint(URL), 7)
TIMES_MS = range(1_000_000, 1_020_001, 10_000)


def ask_range() -> list[Series]:
    return query_range(ASKED, "up", TIMES_MS)


def ask_at() -> list[Series]:
    return query_at(ASKED, "up", 1_000_123)


@responses.activate
def test_a_range_is_asked_with_its_ends_its_step_and_a_timeout() -> None:
    responses.post(RANGE_URL, json=matrix())
    assert ask_range() == []
    assert forms() == [
        {
            "query": "up",
            "start": "1000.000",
            "end": "1020.000",
            "step": "10.000",
            "timeout": "7s",
            **QUERY_PARAMETERS,
        }
    ]


@responses.activate
def test_a_time_is_asked_to_the_millisecond() -> None:
    responses.post(INSTANT_URL, json=vector())
    assert ask_at() == []
    assert forms() == [{"query": "up", "time": "1000.123", "timeout": "7s", **QUERY_PARAMETERS}]


@responses.activate
def test_the_wait_for_an_answer_is_a_little_longer_than_the_timeout_of_the_query() -> None:
    wait = responses.matchers.request_kwargs_matcher({"timeout": (3, 10), "stream": True})
    responses.post(RANGE_URL, json=matrix(), match=[wait])
    ask_range()


@responses.activate
def test_values_are_by_time_and_unknown_fields_are_ignored() -> None:
    entry = {"metric": {"a": "b"}, "values": [[1000, "1"], [1020.0, "2e3"]], "new": []}
    responses.post(RANGE_URL, json=matrix(entry) | {"stats": {}})
    assert ask_range() == [Series({"a": "b"}, {1_000_000: 1.0, 1_020_000: 2000.0})]


@responses.activate
def test_an_instant_has_one_value() -> None:
    responses.post(INSTANT_URL, json=vector({"metric": {}, "value": [1000.123, "1"]}))
    assert ask_at() == [Series({}, {1_000_123: 1.0})]


WRONG_ENTRIES: list[Any] = [
    None,
    [],
    {},
    {"metric": {}},
    {"values": []},
    {"metric": [], "values": []},
    {"metric": {"a": 1}, "values": []},
    {"metric": {}, "values": {}},
    {"metric": {}, "value": [1000, "1"]},
    {"metric": {}, "values": [None]},
    {"metric": {}, "values": [[1000]]},
    {"metric": {}, "values": [[1000, 1]]},
    {"metric": {}, "values": [[1000, None]]},
    {"metric": {}, "values": [["1000", "1"]]},
    {"metric": {}, "values": [[1000, "1", "2"]]},
    {"metric": {}, "values": [[1000, "one"]]},
    {"metric": {}, "values": [[1000, "1_0"]]},
    {"metric": {}, "values": [[1000, " 1"]]},
    {"metric": {}, "values": [[1000, "\u0661"]]},
    {"metric": {}, "values": [[1000, "NaN"]]},
    {"metric": {}, "values": [[1000, "+Inf"]]},
    {"metric": {}, "values": [[1000, "1e999"]]},
    {"metric": {}, "values": [[1005, "1"]]},
    {"metric": {}, "values": [[1030, "1"]]},
    {"metric": {}, "values": [[10**50, "1"]]},
    {"metric": {}, "values": [[-1e308, "1"]]},
    {"metric": {}, "values": [[1000, "1"], [1000, "1"]]},
    {"metric": {}, "histograms": [[1000, {}]]},
]


@pytest.mark.parametrize("entry", WRONG_ENTRIES, ids=repr)
@responses.activate
def test_a_series_of_another_shape_is_refused(entry: Any) -> None:
    responses.post(RANGE_URL, json=matrix(entry))
    with pytest.raises(BadAnswerError):
        ask_range()


@responses.activate
def test_two_series_of_the_same_labels_are_refused() -> None:
    one = {"metric": {"a": "b", "c": "d"}, "value": [1000.123, "1"]}
    other = {"metric": {"c": "d", "a": "b"}, "value": [1000.123, "2"]}
    responses.post(INSTANT_URL, json=vector(one, other))
    with pytest.raises(BadAnswerError, match="same labels"):
        ask_at()


@responses.activate
def test_more_series_than_any_chart_has_are_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "MOST_SERIES", 1)
    responses.post(RANGE_URL, json=matrix(None, None))
    with pytest.raises(TooLargeError, match="2 series"):
        ask_range()


WRONG_BODIES = [
    json.dumps(matrix({"metric": {}, "values": [[10**400, "1"]]})).encode(),
    b"",
    b"<html>",
    b"\xff",
    b"[" * 100_000,
    b"null",
    b"[]",
    b"{}",
    b'{"status":"error","data":{"resultType":"matrix","result":[]}}',
    b'{"status":"success"}',
    b'{"status":"success","data":{"resultType":"matrix","result":{}}}',
    b'{"status":"success","data":{"resultType":"vector","result":[]}}',
    b'{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[NaN,"1"]]}]}}',
    b'{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1e999,"1"]]}]}}',
]


@pytest.mark.parametrize("body", WRONG_BODIES, ids=lambda body: str(body[:80]))
@responses.activate
def test_a_body_of_another_shape_is_refused(body: bytes) -> None:
    responses.post(RANGE_URL, body=body)
    with pytest.raises(BadAnswerError):
        ask_range()


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(["status", "data", "resultType", "result", "metric", "values"])
                | st.text(),
                inner,
            )
        ),
    )
)
def test_any_bad_answer_raises_one_of_our_errors(answer: Any) -> None:
    with responses.RequestsMock() as mock:
        mock.post(RANGE_URL, body=json.dumps(answer))
        with pytest.raises(BadAnswerError):
            ask_range()


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (400, '{"errorType":"bad_data","error":"parse error"}', BadAnswerError),
        (401, "<html>", BadAnswerError),
        (404, "", BadAnswerError),
        (422, '{"errorType":"execution","error":"too many samples"}', TooLargeError),
        (500, "[" * 100_000, BadAnswerError),
        (302, "", BadAnswerError),
        (204, "", BadAnswerError),
        (429, "", UnavailableError),
        (503, "Service Unavailable", UnavailableError),
        (503, '{"errorType":"canceled","error":"shutting down"}', UnavailableError),
        (503, '{"errorType":"timeout","error":"query timed out"}', TooSlowError),
        (504, "<html>", TooSlowError),
    ],
)
@responses.activate
def test_each_refusal_has_its_meaning_and_its_words_only_go_to_the_log(
    status: int, body: str, expected: type[UpstreamError], caplog: pytest.LogCaptureFixture
) -> None:
    responses.post(RANGE_URL, status=status, body=body, headers={"Location": URL})
    with pytest.raises(expected) as raised, caplog.at_level(logging.WARNING):
        ask_range()
    assert "samples" not in str(raised.value)
    assert f"HTTP {status}" in caplog.text
    assert len(caplog.text) < 1000


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (requests.ConnectTimeout(), UnavailableError),
        (requests.ConnectionError(), UnavailableError),
        (requests.ReadTimeout(), TooSlowError),
        (requests.exceptions.ChunkedEncodingError(), BadAnswerError),
        (requests.exceptions.ContentDecodingError(), BadAnswerError),
        (requests.exceptions.InvalidURL(), BadAnswerError),
    ],
    ids=repr,
)
@responses.activate
def test_each_failure_of_the_connection_has_its_meaning(
    failure: Exception, expected: type[UpstreamError]
) -> None:
    responses.post(RANGE_URL, body=failure)
    with pytest.raises(expected) as raised:
        ask_range()
    assert URL not in str(raised.value)


@responses.activate
def test_an_answer_is_not_read_beyond_the_largest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "LARGEST_ANSWER_BYTES", 2**20)
    responses.post(RANGE_URL, body=b" " * (2**20 + 1))
    with pytest.raises(BadAnswerError, match="larger than 1 MiB"):
        query_range(Prometheus(Endpoint(URL), 7), "up", TIMES_MS)


def test_the_address_is_not_in_a_repr() -> None:
    assert "secret" not in repr(Prometheus(make_endpoint("http://user:secret@host", {}), 1))
