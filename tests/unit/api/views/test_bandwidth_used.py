import json
from datetime import timedelta
from typing import Any

import responses

from tests.unit.api.answers import (
    BUN,
    NOW,
    OBSERVED,
    PATH,
    answer_with,
    at,
    client_at,
    forms,
    matrix,
    sample,
    series,
    vector,
)


def row(time: str, used: int | None, **other: str) -> dict[str, Any]:
    labels = {"type": "egress", "service": "bun-service", "route": "bun-route"} | other
    return {"time": f"2022-02-17T{time}+00:00", **labels, "bandwidth_used": used}


@responses.activate
def test_rows_have_the_bytes_of_each_minute_oldest_first() -> None:
    answer_with(
        matrix(
            series(BUN, {"18:43:00": 9133, "18:44:00": 0}),
            series(OBSERVED, {"18:42:00": 1, "18:43:00": 1}),
        ),
        vector(sample(OBSERVED, 1), sample(BUN, 12)),
    )
    answer = client_at().get(f"{PATH}?lookback_duration=5m&type=egress")
    assert answer.status_code == 200
    assert answer.content_type == "application/json"
    assert answer.json == [
        row("18:40:00", None),
        row("18:41:00", None),
        row("18:42:00", 0),
        row("18:43:00", 9133),
        row("18:44:00", None),
        row("18:44:37.123456", 12),
    ]


@responses.activate
def test_the_keys_of_a_row_are_in_order_and_text_is_utf_8() -> None:
    answer_with(matrix(series(BUN | {"route": "bün"}, {"18:44:00": 1})))
    text = client_at().get(f"{PATH}?lookback_duration=1m").data.decode("utf-8")
    assert list(json.loads(text)[0]) == ["time", "type", "service", "route", "bandwidth_used"]
    assert '"bün"' in text


@responses.activate
def test_prometheus_is_asked_for_whole_windows_whole_steps_and_the_rest() -> None:
    answer_with(matrix())
    client_at().get(f"{PATH}?lookback_duration=5m&service=bun-service&step=20s")
    windows, steps, rest = forms()
    assert (windows["start"], windows["end"], windows["step"], windows["timeout"]) == (
        "1645123180.000",
        "1645123460.000",
        "20.000",
        "7s",
    )
    # In windows that the rules do not record, the time between scrapes is the step in which the
    # counters are read.
    assert 'kong_bandwidth_bytes{service="bun-service"}[10s]' in windows["query"]
    assert "[19s999ms:10s]" in windows["query"]
    assert steps["time"] == "1645123470.000"
    assert 'kong_bandwidth_bytes{service="bun-service"}[10s]' in steps["query"]
    assert rest["time"] == "1645123477.123"
    assert 'kong_bandwidth_bytes{service="bun-service"}[7s123ms]' in rest["query"]


@responses.activate
def test_minutes_are_counted_as_the_rules_and_the_other_endpoint_count_them() -> None:
    answer_with(matrix())
    span = "start=1645123200&service=a&type=egress"
    client_at().get(f"{PATH}?{span}&route=b")
    rows = [form["query"] for form in forms()]
    client_at().get(f"/api/v1/bandwidth?{span}&step=1m&by=type,service,route&route=b")
    chart = [form["query"] for form in forms()[len(rows) :]]
    assert [query.count("[1m]") for query in rows] == [query.count("[1m]") for query in chart]
    assert all("[10s]" not in query for query in rows)


@responses.activate
def test_windows_that_are_final_are_asked_once() -> None:
    answer_with(matrix(series(BUN, {"18:40:00": 1})))
    now = NOW + timedelta(minutes=10)
    app = client_at(now)
    for query in ("lookback_duration=5m&end=1645123200", "start=1645122900&end=1645123200"):
        rows = app.get(f"{PATH}?{query}").json
        assert rows == [
            row(f"18:{minute}:00", 1 if minute == 40 else None) for minute in range(36, 41)
        ]
    assert len(forms()) == 1


@responses.activate
def test_windows_that_the_rules_have_not_looked_at_are_asked_again() -> None:
    answer_with(matrix())
    # What rules record about a window, they record until 130 seconds after its end. Two minutes
    # later it is final: at 18:45:37 that holds for windows until 18:41.
    app = client_at(NOW + timedelta(minutes=1))
    for query in ("lookback_duration=5m&end=1645123380", "start=1645123080&end=1645123380"):
        assert app.get(f"{PATH}?{query}").status_code == 200
    first, again = forms()
    assert (float(first["start"]), float(first["end"])) == (at("18:39:00"), at("18:43:00"))
    assert (float(again["start"]), float(again["end"])) == (at("18:42:00"), at("18:43:00"))


@responses.activate
def test_on_the_minute_there_is_neither_a_partial_row_nor_a_second_query() -> None:
    answer_with(matrix(series(BUN, {"18:44:00": 1})))
    now = NOW.replace(second=0, microsecond=0)
    answer = client_at(now).get(f"{PATH}?lookback_duration=2m")
    assert answer.json == [row("18:43:00", None), row("18:44:00", 1)]
    assert len(forms()) == 1


@responses.activate
def test_before_the_first_whole_step_only_the_rest_is_asked() -> None:
    answer_with(matrix(), vector(sample(BUN, 3, 1645123442.0)))
    answer = client_at(NOW.replace(second=2, microsecond=0)).get(f"{PATH}?lookback_duration=1s")
    assert answer.json == [row("18:44:02", 3)]
    assert len(forms()) == 1


@responses.activate
def test_nothing_seen_is_an_empty_list() -> None:
    answer_with(matrix(series(OBSERVED, {"18:44:00": 1})))
    assert client_at().get(f"{PATH}?lookback_duration=1m&service=none").json == []


@responses.activate
def test_a_series_selected_by_type_service_and_route_is_always_answered() -> None:
    answer_with(matrix(), vector(sample(OBSERVED, 1)))
    query = "lookback_duration=1m&type=ingress&service=new&route=a+b%26"
    other = {"type": "ingress", "service": "new", "route": "a b&"}
    assert client_at().get(f"{PATH}?{query}").json == [
        row("18:44:00", None, **other),
        row("18:44:37.123456", 0, **other),
    ]
