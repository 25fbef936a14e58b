"""Months, which all differ in length, are read from a real Prometheus in a few queries."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient

from api import create_app
from quotas import names
from tests.integration.support.prometheus import fill, running, samples

NOW = datetime(2026, 11, 24, 12, 10, 30, tzinfo=UTC)
LABELS = {"direction": "egress", "job": names.GATEWAY_JOB, "instance": "kong:8100"}
# Recorded once a day, 70 seconds after the step's end, for 850 days but for those of May 2025.
ENDS = [
    end
    for days in range(850)
    if (end := datetime(2026, 11, 24, 12, tzinfo=UTC) - timedelta(days=days)).strftime("%Y-%m")
    != "2025-05"
]
QUERIES = "api_prometheus_query_duration_seconds_count"


def moved(service: str, end: datetime) -> int:
    return (end.day + 40 * end.month + end.year) * (1 if service == "a" else 3)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    folder: Path = tmp_path_factory.mktemp("prometheus")
    lines = [
        line
        for service in ("a", "b")
        for line in samples(
            names.DELTA,
            {**LABELS, "service": service},
            ((end.timestamp() + 70, float(moved(service, end))) for end in reversed(ENDS)),
        )
    ]
    fill(folder, lines)
    with running(folder) as server:
        environ = {"PROMETHEUS_URL": server.url, "PROMETHEUS_TIMEOUT_SECONDS": "30"}
        yield create_app(environ, clock=lambda: NOW).test_client()


def count_queries(client: FlaskClient) -> float:
    lines = client.get("/metrics").text.splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith(QUERIES))


@pytest.mark.parametrize("timezone", ["UTC", "America/New_York"])
def test_each_of_27_months_has_what_was_moved_in_it(client: FlaskClient, timezone: str) -> None:
    before = count_queries(client)
    path = f"/api/v1/bandwidth?lookback=800d&step=month&by=service&timezone={timezone}"
    answer = client.get(path).get_json()
    queries = count_queries(client) - before
    assert {series["labels"]["service"] for series in answer["series"]} == {"a", "b"}
    for series in answer["series"]:
        assert len(series["points"]) == 27
        for start_ms, found in series["points"]:
            month = datetime.fromtimestamp(start_ms / 1000, ZoneInfo(timezone)).strftime("%Y-%m")
            expected = sum(
                moved(series["labels"]["service"], end)
                for end in ENDS
                if end.astimezone(ZoneInfo(timezone)).strftime("%Y-%m") == month
            )
            assert (found or 0) == expected, month
    # The recorded months, and what is not recorded yet: whole minutes and the rest.
    assert queries == 3
    # Only months that can still change are asked again.
    before = count_queries(client)
    again = client.get(f"{path}&top=9").get_json()
    assert again["series"] == answer["series"]
    assert count_queries(client) - before == 3


def test_days_of_800_days_with_clock_changes_are_read_in_a_few_queries(
    client: FlaskClient,
) -> None:
    before = count_queries(client)
    path = "/api/v1/bandwidth?lookback=800d&step=1d&timezone=Europe/Berlin"
    points = client.get(path).get_json()["series"][0]["points"]
    assert sum(found or 0 for _, found in points) == sum(
        moved(service, end)
        for end in ENDS
        if end.timestamp() * 1000 > points[0][0]
        for service in ("a", "b")
    )
    # Six stretches of days of 24 hours; the other days, with the recorded part of today; the rest.
    assert count_queries(client) - before <= 9
