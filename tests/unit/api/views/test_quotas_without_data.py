"""GET /api/v1/quotas/<name> and below: a quota of quotas.yaml that has no data yet."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import responses
from flask.testing import FlaskClient

from api import create_app
from api.views.schemas.quotas import BurnUpSchema, HistorySchema, QuotaPageSchema
from tests.unit.api.answers import INSTANT_URL, RANGE_URL, URL, matrix, vector

NOW = datetime(2026, 11, 24, tzinfo=UTC)
PATH = "/api/v1/quotas"
QUOTAS = """\
version: 1
defaults: {notify: [ops@example.com]}
quotas:
  - {name: bun, service: bun-service, direction: egress, limit: 500 GB, labels: {team: bun}}
  - {name: each, for_each: consumer, limit: 1 GB, period: {rolling: 30d}}
"""
SCOPES = {"all": "all", "bun": "{services: [bun-service], quotas: [bun, each]}"}


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


@pytest.fixture
def client(tmp_path: Path) -> FlaskClient:
    (tmp_path / "quotas.yaml").write_text(QUOTAS)
    tokens = "".join(
        f"  - {{name: {name}, sha256: {digest(name)}, scope: {scope}}}\n"
        for name, scope in SCOPES.items()
    )
    (tmp_path / "tokens.yaml").write_text(f"tokens:\n{tokens}")
    environ = {
        "PROMETHEUS_URL": URL,
        "QUOTAS_FILE": str(tmp_path / "quotas.yaml"),
        "API_TOKENS_FILE": str(tmp_path / "tokens.yaml"),
    }
    return create_app(environ, clock=lambda: NOW).test_client()


def get(client: FlaskClient, path: str, status: int = 200, token: str = "all") -> Any:  # noqa: S107
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.post(INSTANT_URL, json=vector())
        mock.post(RANGE_URL, json=matrix())
        answer = client.get(PATH + path, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == status, answer.text
    return answer.get_json(force=True)


def test_its_entry_says_so_and_has_what_quotas_yaml_says(client: FlaskClient) -> None:
    body = get(client, "/bun")
    assert QuotaPageSchema().validate(body) == {}
    assert body["total"] == 1
    assert body["quotas"] == [
        {
            "name": "bun",
            "selector": {"service": "bun-service", "type": "egress"},
            "labels": {"team": "bun"},
            "calendar": "month",
            "period": {
                "id": 202611,
                "title": "November 2026",
                "start": "2026-11-01T00:00:00+00:00",
                "end": "2026-12-01T00:00:00+00:00",
            },
            "used_bytes": None,
            "limit_bytes": 500_000_000_000,
            "left_bytes": None,
            "ratio": None,
            "state": "no_data",
            "alert": None,
            "thresholds": [80, 90, 100],
            "limit_unit": "GB",
            "line": 4,
            "forecast_bytes": None,
            "full_at": None,
        }
    ]
    assert get(client, "/bun?state=no_data")["total"] == 1
    assert get(client, "/bun?state=ok")["total"] == 0


@pytest.mark.parametrize("sort", ["ratio", "-used", "left", "-forecast", "name"])
def test_it_can_be_sorted(client: FlaskClient, sort: str) -> None:
    assert get(client, f"/bun?sort={sort}")["total"] == 1


def test_its_series_history_and_notifications_are_empty(client: FlaskClient) -> None:
    series = get(client, "/bun/series")
    assert BurnUpSchema().validate(series) == {}
    assert {value for _, value in series["used"]} == {None}
    assert series["forecast"] == []
    history = get(client, "/bun/history")
    assert HistorySchema().validate(history) == {}
    assert history["periods"] == []
    assert get(client, "/bun/notifications")["notifications"] is None


def test_any_value_of_for_each_can_be_asked_for(client: FlaskClient) -> None:
    quota = get(client, "/each/series?consumer=acme")["quota"]
    assert (quota["selector"], quota["state"]) == ({"consumer": "acme"}, "no_data")
    assert quota["period"] is None
    assert get(client, "/bun/series?service=bun-service")["quota"]["state"] == "no_data"
    get(client, "/bun/series?service=other", 404)
    get(client, "/bun/series?consumer=acme", 404)


def test_the_list_has_only_quotas_with_data(client: FlaskClient) -> None:
    assert get(client, "")["total"] == 0


def test_a_scope_that_does_not_see_it_learns_nothing(client: FlaskClient) -> None:
    assert get(client, "/bun", token="bun")["total"] == 1
    hidden = get(client, "/each", 404, token="bun")
    assert hidden == get(client, "/unknown", 404, token="bun")
    assert hidden == get(client, "/each/series?consumer=acme", 404, token="bun")
