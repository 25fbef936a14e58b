"""GET /api/v1/pipeline: gateways, evaluations and doubts, as a real Prometheus has them."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from api import create_app
from api.views.schemas.pipeline import PipelineAnswerSchema
from quotas import names
from tests.integration.support.prometheus import fill, running, samples

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
MINUTES = [NOW.timestamp() - 60 * minute - 30 for minute in reversed(range(180))]
PATH = "/api/v1/pipeline"
QUOTAS = """\
version: 1
runbook_url: https://wiki.example.com/operations
quotas: [{name: all, for_each: consumer, limit: 1 TB, notify: [a@example.com]}]
"""


def constant(series: str, value: float, minutes: list[float], **labels: str) -> Iterator[str]:
    yield from samples(series, labels, [(at, value) for at in minutes])


def alert(name: str, minutes: list[float], **labels: str) -> Iterator[str]:
    yield from constant("ALERTS", 1, minutes, alertname=name, alertstate="firing", **labels)


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    digest = hashlib.sha256(b"bun").hexdigest()
    (tmp_path / "tokens.yaml").write_text(
        f"tokens:\n  - {{name: bun, sha256: {digest}, scope: {{services: [bun]}}}}\n"
    )
    (tmp_path / "quotas.yaml").write_text(QUOTAS)
    return {"QUOTAS_FILE": str(tmp_path / "quotas.yaml")}


def answer(client: FlaskClient, **headers: str) -> Any:
    found = client.get(PATH, headers=headers)
    assert found.status_code == 200, found.text
    assert PipelineAnswerSchema().validate(found.get_json()) == {}
    return found.get_json()["pipeline"]


def test_gateways_evaluations_and_doubts_are_named(tmp_path: Path, environ: dict[str, str]) -> None:
    up = {"job": names.GATEWAY_JOB}
    # Five evaluations of the last hour are missing.
    evaluated = MINUTES[:-30] + MINUTES[-25:]
    lines = [
        *constant("up", 1, MINUTES, **up, instance="kong-1:8100"),
        *constant("up", 0, MINUTES, **up, instance="kong-2:8100"),
        *constant("up", 0, MINUTES, job="other", instance="elsewhere"),
        *alert(names.WATCHDOG_ALERT, evaluated),
        *alert(names.SCRAPE_FAILING_ALERT, MINUTES, severity="critical", instance="kong-2:8100"),
        *alert(names.DICTIONARY_FULL_ALERT, MINUTES, severity="warning", instance="kong-1:8100"),
        *alert(names.USAGE_ALERT, MINUTES, severity="warning", quota="all"),
    ]
    folder = tmp_path / "prometheus"
    folder.mkdir()
    fill(folder, lines)
    with running(folder) as server:
        settings = {"PROMETHEUS_URL": server.url, **environ}
        found = answer(create_app(settings, clock=lambda: NOW).test_client())
        # A token that does not see everything learns nothing about gateways.
        settings["API_TOKENS_FILE"] = str(tmp_path / "tokens.yaml")
        client = create_app(settings, clock=lambda: NOW).test_client()
        assert answer(client, Authorization="Bearer bun") is None
    assert found["gateways"] == {"known": 2, "up": 1, "down": ["kong-2:8100"]}
    assert found["evaluations"] == {"expected": 60, "missed": 5, "caught_up": True}
    assert [(one["name"], one["severity"], one["summary"]) for one in found["troubles"]] == [
        (names.SCRAPE_FAILING_ALERT, "critical", "Gateway kong-2:8100 cannot be scraped"),
        (
            names.DICTIONARY_FULL_ALERT,
            "warning",
            "The counters of gateway kong-1:8100 take much of their memory",
        ),
    ]
    assert all("$" not in one["summary"] + one["advice"] for one in found["troubles"])
    assert found["troubles"][0]["url"] == (
        "https://wiki.example.com/operations#gatewayscrapefailing"
    )
    assert found["is_recorded"]


def test_without_rules_nothing_is_known_of_evaluations(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        client = create_app({"PROMETHEUS_URL": server.url}, clock=lambda: NOW).test_client()
        assert answer(client) == {
            "is_recorded": False,
            "gateways": {"known": 0, "up": 0, "down": []},
            "evaluations": {"expected": 60, "missed": None, "caught_up": True},
            "troubles": [],
        }


def test_every_alert_about_the_pipeline_has_its_texts(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    quota_alerts = {names.USAGE_ALERT, names.FORECAST_ALERT, names.WATCHDOG_ALERT}
    expected = sorted(names.ALERTS - quota_alerts)
    labels = {"instance": "i", "job": "kong", "group": "g", "node_id": "n", "metric": "m"}
    folder = tmp_path / "prometheus"
    folder.mkdir()
    fill(folder, [line for name in expected for line in alert(name, MINUTES, **labels)])
    with running(folder) as server:
        settings = {"PROMETHEUS_URL": server.url, **environ}
        found = answer(create_app(settings, clock=lambda: NOW).test_client())
    assert [one["name"] for one in found["troubles"]] == expected
    assert all(one["summary"] != one["name"] and one["advice"] for one in found["troubles"])
    assert [one for one in found["troubles"] if "$" in one["summary"] + one["advice"]] == []
