"""GET /api/v1/quota-summaries: each quota once, with its entries counted by state."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from api.views.schemas.quotas import SummariesSchema
from tests.unit.api.quota_answers import client_of_quotas, get

PATH = "/api/v1/quota-summaries"


@pytest.fixture
def client() -> Iterator[FlaskClient]:
    with client_of_quotas() as client:
        yield client


def shown(body: Any) -> list[tuple[str, list[str], int, int, list[float]]]:
    return [
        (
            one["name"],
            one["for_each"],
            one["size"],
            one["found"],
            [entry["used_bytes"] for entry in one["entries"]],
        )
        for one in body["quotas"]
    ]


def test_a_quota_is_listed_once_in_the_order_of_its_worst_entry(client: FlaskClient) -> None:
    body = get(client, PATH)
    assert not SummariesSchema().validate(body)
    assert shown(body) == [
        ("each", ["consumer"], 3, 3, [1100, 810.5, 30]),
        ("bun", [], 1, 1, [95]),
        ("roll", [], 1, 1, [1]),
    ]
    assert body["quotas"][0]["states"] == {"100": 1, "80": 1, "ok": 1}
    assert body["states"] == {"100": 1, "90": 1, "80": 1, "ok": 2}
    assert body["total"] == 3


def test_only_wanted_entries_are_shown_and_all_states_are_counted(client: FlaskClient) -> None:
    body = get(client, f"{PATH}?state=ok&search=consumer")
    assert shown(body) == [("each", ["consumer"], 3, 1, [30])]
    assert body["quotas"][0]["states"] == {"ok": 1}
    assert body["states"] == {"100": 1, "80": 1, "ok": 1}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("sort=name", ["bun", "each", "roll"]),
        ("sort=ratio", ["each", "roll", "bun"]),
        ("page_size=2", ["each", "bun"]),
        ("page_size=2&page=2", ["roll"]),
        ("page=3", []),
        ("label=consumer:a", ["each"]),
    ],
)
def test_quotas_are_sorted_filtered_and_paged(
    client: FlaskClient, query: str, expected: list[str]
) -> None:
    assert [one["name"] for one in get(client, f"{PATH}?{query}")["quotas"]] == expected
