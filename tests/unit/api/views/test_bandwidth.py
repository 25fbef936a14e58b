"""GET /api/v1/bandwidth: what is asked of Prometheus, and what is answered."""

from typing import Any

import pytest
import requests
import responses
from flask.testing import FlaskClient

from api.views.schemas.bandwidth import BandwidthSchema
from tests.unit.api.answers import (
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


def answer_five_minutes() -> None:
    answer_with(
        matrix(
            series(BUN, {"18:42:00": 9133, "18:44:00": 5}),
            series(OBSERVED, {"18:41:00": 1, "18:42:00": 1, "18:44:00": 1}),
        ),
        vector(sample(BUN, 7)),
    )


@responses.activate
def test_points_are_bytes_with_0_for_idle_and_null_for_no_observed_gateway() -> None:
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


@responses.activate
def test_points_and_percentile_can_be_bits_per_second() -> None:
    answer_five_minutes()
    body = get(f"{FIVE_MINUTES}&unit=bits_per_second&percentile=95")
    assert not BandwidthSchema().validate(body)
    assert (body["meta"]["unit"], body["meta"]["percentile"]) == ("bits_per_second", 95)
    [line] = body["series"]
    partial = round(8 * 7 / 37.123, 3)
    assert [rate for _, rate in line["points"]] == [None, 0, 1217.733, None, 0.667, partial]
    # Of the three whole windows in which a gateway was observed.
    assert (line["percentile"], line["total_bytes"]) == (1217.733, 9145)
    columns = get(f"{FIVE_MINUTES}&percentile=50&format=columns")
    assert columns["series"][0]["percentile"] == 5
    rows = get(f"{FIVE_MINUTES}&unit=bits_per_second&format=rows")["rows"]
    assert [row["bits_per_second"] for row in rows][:3] == [None, 0, 1217.733]
    table = client_at().get(f"{FIVE_MINUTES}&unit=bits_per_second&format=csv").text
    assert table.startswith("start,end,service,bits_per_second,other\r\n")


@pytest.mark.parametrize("query", ["format=rows", "format=csv", "accept"])
@responses.activate
def test_a_percentile_that_the_format_cannot_show_is_refused(query: str) -> None:
    answer_five_minutes()
    headers = {"Accept": "text/csv"} if query == "accept" else {}
    query = "by=type" if query == "accept" else query
    answer = client_at().get(f"{FIVE_MINUTES}&percentile=95&{query}", headers=headers)
    assert answer.status_code == 400
    [error] = answer.get_json(force=True)["errors"]
    assert (error["parameter"], error["value"]) == ("percentile", "95")


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
def test_long_steps_are_read_from_recorded_deltas_and_the_rest_from_the_counters() -> None:
    answer_with(matrix())
    body = get(f"{CHART}?lookback=5h&step=1h&type=egress")
    whole, recorded, minutes, tail = (form["query"] for form in forms())
    deltas = 'gateway:bandwidth_bytes:delta{calendar=~"|month", direction="egress"}'
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
def test_an_unchanged_answer_is_304() -> None:
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
