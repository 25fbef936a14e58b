"""GET /api/v1/bandwidth: what is asked of Prometheus, and what is answered."""

from typing import Any

import pytest
import requests
import responses
from flask.testing import FlaskClient

from api.views.schemas.bandwidth import BandwidthSchema
from tests.unit.api.answers import (
    INSTANT_URL,
    OBSERVED,
    RANGE_URL,
    answer_with,
    at,
    client_at,
    forms,
    matrix,
    sample,
    series,
    vector,
)

CHART = "/api/v1/bandwidth"
BUN = {"service": "bun"}
FIVE_MINUTES = f"{CHART}?lookback=5m&step=1m&by=service"


def get(path: str, **headers: str) -> Any:
    answer = client_at().get(path, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def wrong(path: str) -> list[tuple[str, str | None]]:
    answer = client_at().get(path)
    assert answer.status_code == 400
    return [(error["parameter"], error["value"]) for error in answer.get_json(force=True)["errors"]]


def answer_five_minutes() -> None:
    answer_with(
        matrix(
            series(BUN, {"18:42:00": 9133, "18:44:00": 5}),
            series(OBSERVED, {"18:41:00": 1, "18:42:00": 1, "18:44:00": 1}),
        ),
        vector(sample(BUN, 7)),
    )


@responses.activate
def test_points_are_bytes_0_where_idle_and_null_where_nobody_was_observed() -> None:
    answer_five_minutes()
    body = get(FIVE_MINUTES)
    assert not BandwidthSchema().validate(body)
    [line] = body["series"]
    assert [(int(ms / 1000 - at("18:39:00")) // 60, used) for ms, used in line["points"]] == [
        (0, None),
        (1, 0),
        (2, 9133),
        (3, None),
        (4, 5),
        (5, 7),
    ]
    assert line["total_bytes"] == 9145
    assert body["meta"]["partial_last"] is True
    assert body["meta"]["source"] == "counters"


@pytest.mark.parametrize("form", ["series", "columns", "rows"])
@responses.activate
def test_each_format_is_as_documented(form: str) -> None:
    answer_five_minutes()
    body = get(f"{FIVE_MINUTES}&format={form}")
    assert not BandwidthSchema().validate(body)
    assert form in body


@pytest.mark.parametrize(
    ("query", "accept", "kind"),
    [
        ("&format=csv", "*/*", "text/csv; charset=utf-8"),
        ("", "text/csv", "text/csv; charset=utf-8"),
        ("", "text/csv;q=0.9, application/json;q=0.5", "text/csv; charset=utf-8"),
        ("", "application/json, text/csv;q=0.5", "application/json"),
        ("", "*/*", "application/json"),
        ("&format=rows", "text/csv", "application/json"),
    ],
)
@responses.activate
def test_csv_comes_by_format_or_by_accept(query: str, accept: str, kind: str) -> None:
    answer_five_minutes()
    answer = client_at().get(FIVE_MINUTES + query, headers={"Accept": accept})
    assert answer.content_type == kind
    assert "Accept" in answer.headers["Vary"]


@responses.activate
def test_without_parameters_it_is_all_traffic_of_the_last_day_in_five_minutes() -> None:
    answer_with(matrix())
    body = get(CHART)
    assert (body["meta"]["step"], body["meta"]["start"]) == ("5m", "2022-02-16T18:40:00+00:00")
    assert forms()[0]["step"] == "300.000"
    assert "sum_over_time((\nsum by () (" in forms()[0]["query"]


@responses.activate
def test_filters_are_exact_values_of_fixed_labels() -> None:
    answer_with(matrix())
    get(f"{FIVE_MINUTES}&service=a.b&service=c&consumer=&type=egress")
    matchers = '{service=~"a\\\\.b|c", consumer="", direction="egress"}'
    assert f"kong_bandwidth_bytes{matchers}[1m]" in forms()[0]["query"]


@responses.activate
def test_long_steps_are_read_from_what_was_recorded_and_the_rest_from_the_counters() -> None:
    answer_with(matrix())
    body = get(f"{CHART}?lookback=5h&step=1h&type=egress")
    whole, recorded, minutes, tail = (form["query"] for form in forms())
    deltas = 'gateway:bandwidth_bytes:delta{calendar="month", direction="egress"}'
    assert f"sum_over_time({deltas}[59m59s999ms])" in whole
    assert f"sum_over_time({deltas}[42m59s999ms])" in recorded
    assert "[59s999ms:1m]" not in minutes
    assert "kong_bandwidth_bytes" in minutes
    assert "[37s123ms]" in tail
    assert body["meta"]["source"] == "recorded"
    # The deltas of a window are recorded until 70 seconds after its end.
    assert float(forms()[0]["end"]) == at("18:01:10")
    assert float(forms()[1]["time"]) == at("18:44:10")


@responses.activate
def test_a_chart_of_the_past_may_be_kept_longer_than_one_of_now() -> None:
    answer_with(matrix())
    now = client_at().get(FIVE_MINUTES).headers["Cache-Control"]
    past = client_at().get(f"{CHART}?end=2022-02-17T12:00:00Z").headers["Cache-Control"]
    assert (now, past) == ("public, max-age=5", "public, max-age=300")


@responses.activate
def test_what_has_not_changed_is_304() -> None:
    answer_five_minutes()
    client = client_at()
    etag = client.get(FIVE_MINUTES).headers["ETag"]
    again = client.get(FIVE_MINUTES, headers={"If-None-Match": etag})
    assert (again.status_code, again.data) == (304, b"")
    assert client.get(FIVE_MINUTES, headers={"If-None-Match": '"other"'}).status_code == 200


@responses.activate
def test_the_same_chart_is_asked_once_while_it_is_fresh() -> None:
    answer_five_minutes()
    client = client_at()
    assert client.get(FIVE_MINUTES).data == client.get(FIVE_MINUTES).data
    assert len(forms()) == 2


@responses.activate
def test_an_error_is_not_asked_for_again_at_once() -> None:
    responses.post(RANGE_URL, body=requests.ConnectionError("refused"))
    client: FlaskClient = client_at()
    assert [client.get(FIVE_MINUTES).status_code for _ in range(3)] == [503, 503, 503]
    assert len(forms()) == 1


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("lookback=0s", "lookback"),
        ("start=yesterday", "start"),
        ("start=2022-02-17T12:00:00", "start"),
        ("start=2022-02-18", "start"),
        ("start=99999999999", "start"),
        ("start=2022-02-17T12:00:00Z&end=2022-02-17T12:00:00Z", "start"),
        ("start=2022-02-17T12:00:00Z&lookback=1h", "start"),
        ("start=2023-01-01T00:00:00Z", "start"),
        ("start=2019-01-01T00:00:00Z", "start"),
        ("lookback=801d", "lookback"),
        ("step=7m", "step"),
        ("step=2d", "step"),
        ("step=1s", "step"),
        ("step=-1m", "step"),
        ("by=pod", "by"),
        ("by=service,", "by"),
        ("type=both", "type"),
        ("timezone=Mars/Base", "timezone"),
        ("timezone=../etc/passwd", "timezone"),
        ("top=0", "top"),
        ("top=many", "top"),
        ("format=xml", "format"),
        ("servce=a", "servce"),
        ("step=1m&step=5m", "step"),
    ],
)
def test_a_parameter_that_is_wrong_is_named(query: str, parameter: str) -> None:
    assert [name for name, _ in wrong(f"{CHART}?{query}")] == [parameter]


def test_what_is_wrong_only_together_is_told_with_its_value_too() -> None:
    assert wrong(f"{CHART}?step=1s") == [("step", "1s")]
    start = "2023-01-01T00:00:00Z"
    assert wrong(f"{CHART}?start={start}") == [("start", "2023-01-01T00:00:00+00:00")]


def test_all_parameters_that_are_wrong_are_told_at_once() -> None:
    assert wrong(f"{CHART}?step=x&by=y&format=z") == [("by", "y"), ("format", "z"), ("step", "x")]


@responses.activate
def test_times_are_rfc_3339_or_unix_seconds() -> None:
    answer_with(matrix())
    starts = [
        "2022-02-17T12:00:00Z",
        "2022-02-17T13:00:00%2B01:00",
        "2022-02-17T13:00:00+01:00",
        "1645099200",
        "1645099200.0",
    ]
    found = {get(f"{CHART}?start={start}&step=1m")["meta"]["start"] for start in starts}
    assert found == {"2022-02-17T12:00:00+00:00"}


@pytest.mark.parametrize(
    ("query", "step"), [("lookback=30d&step=1m", "5m"), ("lookback=800d&step=1h", "2h")]
)
def test_too_many_points_are_422_with_a_step_that_would_do(query: str, step: str) -> None:
    answer = client_at().get(f"{CHART}?{query}")
    assert answer.status_code == 422
    assert answer.get_json(force=True)["step"] == step


@responses.activate
def test_too_many_series_are_422_with_a_step_that_would_do() -> None:
    many = [series({"route": str(number)}, {"18:00:00": 1}) for number in range(400)]
    responses.post(RANGE_URL, json=matrix(*many))
    responses.post(INSTANT_URL, json=vector())
    answer = client_at().get(f"{CHART}?by=route&step=1m")
    assert answer.status_code == 422
    assert answer.get_json(force=True)["step"] == "2m"
    top = client_at().get(f"{CHART}?by=route&step=1m&top=5")
    assert len(top.get_json()["series"]) == 6


@responses.activate
def test_sums_beyond_what_integers_hold_are_numbers_all_the_same() -> None:
    others = (BUN | {"service": f"s{number}"} for number in range(10))
    answer_with(matrix(*(series(labels, {"18:44:00": "9e18"}) for labels in others)))
    answer = client_at().get(f"{FIVE_MINUTES}&by=service&top=1")
    assert answer.status_code == 200, answer.text
    assert answer.get_json()["series"][1]["total_bytes"] == 8.1e19


@pytest.mark.parametrize("value", ["NaN", "+Inf", "-5", "1e300"])
@responses.activate
def test_what_cannot_be_bytes_is_502(value: str) -> None:
    answer_with(matrix(series(BUN, {"18:44:00": value})))
    assert client_at().get(FIVE_MINUTES).status_code == 502
