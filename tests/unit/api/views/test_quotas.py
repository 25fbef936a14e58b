"""GET /api/v1/quotas and below: which entries, in which order, and as documented."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import responses
from flask.testing import FlaskClient

from api import create_app
from api.views.schemas.quotas import BurnUpSchema, HistorySchema, QuotaPageSchema
from tests.unit.api.answers import INSTANT_URL, RANGE_URL, URL, matrix
from tests.unit.api.quota_answers import NOW, answer_instant, client_of_quotas, get

PATH = "/api/v1/quotas"


@pytest.fixture
def client() -> Iterator[FlaskClient]:
    with client_of_quotas() as client:
        yield client


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
        ("sort=-name", ["roll", "c", "b", "a", "bun"]),
        ("sort=full_at&state=90", ["bun"]),
        ("sort=full_at", ["bun", "a", "b", "c", "roll"]),
        ("search=EACH", ["b", "c", "a"]),
        ("search=oll", ["roll"]),
        ("search=bun%20team", ["bun"]),
        ("search=none%20such", []),
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
