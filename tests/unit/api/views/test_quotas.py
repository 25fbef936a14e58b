"""GET /api/v1/quotas and below: which entries, in which order, and as documented."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

import pytest
import responses
from flask.testing import FlaskClient
from requests import PreparedRequest

from api import create_app
from api.views.schemas.quotas import BurnUpSchema, HistorySchema, QuotaPageSchema
from tests.unit.api.answers import INSTANT_URL, RANGE_URL, URL, matrix, vector
from tests.unit.or_chains import left_nested

NOW = datetime(2026, 11, 24, tzinfo=UTC)
PATH = "/api/v1/quotas"
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


@pytest.fixture
def client() -> Iterator[FlaskClient]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.add_callback(responses.POST, INSTANT_URL, answer_instant)
        mock.add_callback(responses.POST, RANGE_URL, answer_range)
        yield create_app({"PROMETHEUS_URL": URL}, clock=lambda: NOW).test_client()


def get(client: FlaskClient, path: str) -> Any:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def found(client: FlaskClient, query: str = "") -> list[str]:
    entries = get(client, f"{PATH}?{query}")["quotas"]
    return [entry["selector"].get("consumer", entry["name"]) for entry in entries]


def test_the_worst_is_first(client: FlaskClient) -> None:
    assert found(client) == ["b", "bun", "c", "roll", "a"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("sort=ratio", ["a", "roll", "c", "bun", "b"]),
        ("sort=name", ["bun", "a", "b", "c", "roll"]),
        ("sort=-used", ["b", "c", "bun", "a", "roll"]),
        ("sort=left", ["b", "bun", "roll", "c", "a"]),
        ("sort=-forecast", ["b", "c", "bun", "a", "roll"]),
        ("state=ok", ["roll", "a"]),
        ("state=80&state=100", ["b", "c"]),
        ("label=team:b", ["bun"]),
        ("label=service:bun&label=type:egress", ["bun"]),
        ("label=service:bun&label=team:x", []),
        ("label=service:&sort=name", ["a", "b", "c", "roll"]),
        ("page=2&page_size=2", ["c", "roll"]),
        ("page=9", []),
    ],
)
def test_entries_are_sorted_filtered_and_paged(
    client: FlaskClient, query: str, expected: list[str]
) -> None:
    assert found(client, query) == expected


def test_a_page_says_how_many_entries_there_are(client: FlaskClient) -> None:
    body = get(client, f"{PATH}?page_size=2&state=ok&state=80")
    assert (body["total"], body["page"], body["page_size"], len(body["quotas"])) == (3, 1, 2, 2)


def test_an_entry_has_all_that_a_bar_needs(client: FlaskClient) -> None:
    body = get(client, f"{PATH}/bun")
    assert not QuotaPageSchema().validate(body)
    assert body["quotas"] == [
        {
            "name": "bun",
            "selector": {"service": "bun", "type": "egress"},
            "labels": {"team": "b"},
            "calendar": "month",
            "period": {
                "id": 202611,
                "title": "November 2026",
                "start": "2026-11-01T00:00:00+00:00",
                "end": "2026-12-01T00:00:00+00:00",
            },
            "used_bytes": 95,
            "limit_bytes": 100,
            "left_bytes": 5,
            "ratio": 0.95,
            "state": "90",
            "alert": "90",
            "thresholds": None,
            "limit_unit": None,
            "line": None,
            "forecast_bytes": 120,
            "full_at": "2026-11-25T09:36:00+00:00",
        }
    ]


def test_a_quota_for_each_has_its_entries_in_pages(client: FlaskClient) -> None:
    body = get(client, f"{PATH}/each?page_size=2&sort=-used")
    assert [entry["selector"]["consumer"] for entry in body["quotas"]] == ["b", "c"]
    assert body["total"] == 3


def test_a_rolling_window_has_no_period_and_no_forecast(client: FlaskClient) -> None:
    [entry] = get(client, f"{PATH}/roll")["quotas"]
    assert (entry["period"], entry["forecast_bytes"], entry["full_at"]) == (None, None, None)


def test_the_burn_up_leads_to_now_and_the_forecast_to_the_end(client: FlaskClient) -> None:
    body = get(client, f"{PATH}/bun/series")
    assert not BurnUpSchema().validate(body)
    now_ms, end_ms = (
        int(datetime(2026, *day, tzinfo=UTC).timestamp() * 1000) for day in ((11, 24), (12, 1))
    )
    assert body["used"][0][1] is None
    assert body["used"][-1] == [now_ms, 90]
    assert len(body["used"]) <= 300
    assert body["forecast"] == [[now_ms, 95], [end_ms, 120]]
    assert body["limit_bytes"] == 100


def test_times_without_a_recorded_value_are_null_even_if_all_are() -> None:
    """A quota that is new was not used evenly since its period began."""
    with responses.RequestsMock() as mock:
        mock.add_callback(responses.POST, INSTANT_URL, answer_instant)
        mock.post(RANGE_URL, json=matrix())
        client = create_app({"PROMETHEUS_URL": URL}, clock=lambda: NOW).test_client()
        *before, (_, now) = get(client, f"{PATH}/bun/series")["used"]
    assert len(before) > 100
    assert {used for _, used in before} == {None}
    assert now == 95


def test_a_rolling_window_burns_from_its_start(client: FlaskClient) -> None:
    body = get(client, f"{PATH}/roll/series")
    assert body["meta"]["start"] == "2026-10-25T00:00:00+00:00"
    assert body["forecast"] == []


def test_past_periods_come_newest_first(client: FlaskClient) -> None:
    body = get(client, f"{PATH}/bun/history?lookback=60d")
    assert not HistorySchema().validate(body)
    assert [
        (past["period"]["id"], past["used_bytes"], past["limit_bytes"], past["ratio"])
        for past in body["periods"]
    ] == [(202611, 95, 100, 0.95), (202610, 500, 80, 6.25), (202609, 0, None, None)]
    assert [past["is_over"] for past in body["periods"]] == [False, True, True]


def test_the_current_period_in_the_history_equals_the_quota_of_the_same_answer(
    client: FlaskClient,
) -> None:
    """Of two questions, the second may find what was recorded after the first: 95.5 of 95."""
    body = get(client, f"{PATH}/bun/history")
    assert body["quota"]["used_bytes"] == body["periods"][0]["used_bytes"] == 95


def test_a_rolling_window_has_no_past_periods(client: FlaskClient) -> None:
    assert get(client, f"{PATH}/roll/history")["periods"] == []


@pytest.mark.parametrize("what", ["series", "history"])
def test_of_a_quota_for_each_one_must_be_named(client: FlaskClient, what: str) -> None:
    answer = client.get(f"{PATH}/each/{what}")
    assert answer.status_code == 400
    [error] = answer.get_json(force=True)["errors"]
    assert error["parameter"] == "consumer"
    body = get(client, f"{PATH}/each/{what}?consumer=c")
    assert body["quota"]["used_bytes"] == 810.5


@pytest.mark.parametrize(
    "path", ["/none", "/none/series", "/none/history", "/each/series?type=egress"]
)
def test_an_unknown_quota_or_entry_is_404(client: FlaskClient, path: str) -> None:
    assert client.get(PATH + path).status_code == 404
