"""Two replicas of Prometheus, each with a label of its own, in one store without deduplication."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from api import create_app
from quotas import names
from tests.integration.support.prometheus import fill, running, samples

START = datetime(2026, 3, 27, 12, tzinfo=UTC)
NOW = START + timedelta(hours=3)
ROUTES = {"a": 100.0, "b": 7.0}
STEPS = 60


def lines() -> Iterator[str]:
    """Yield an hour of counters and deltas of both replicas; ``b`` was away for ten minutes."""
    start = START.timestamp()
    for replica in ({"replica": "a"}, {"replica": "b"}):
        target = {"job": names.GATEWAY_JOB, "instance": "kong:8100", **replica}
        minutes = range(-10, STEPS + 1)
        yield from samples("up", target, ((start + 60 * at, 1.0) for at in minutes))
        for route, moved in ROUTES.items():
            labels = {"service": "s", "route": route, "direction": "egress"}
            counted = ((start + 60 * at, 1e6 + moved * at) for at in minutes)
            yield from samples(names.GATEWAY_BYTES, target | labels, counted)
            # A step is recorded within two minutes of its end.
            recorded = (
                (start + 60 * at + 15, moved)
                for at in range(1, STEPS + 1)
                if replica["replica"] == "a" or not 20 < at <= 30
            )
            yield from samples(names.DELTA, labels | replica, recorded)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("replicas")
    fill(folder, lines())
    with running(folder) as server:
        yield server.url


@pytest.mark.parametrize(("step", "source"), [("5m", "counters"), ("10m", "recorded")])
def test_bytes_of_several_replicas_count_once(url: str, step: str, source: str) -> None:
    client = create_app({"PROMETHEUS_URL": url}, clock=lambda: NOW).test_client()
    query = f"start={START.timestamp()}&end={START.timestamp() + 3600}&step={step}&by=route"
    answer: Any = client.get(f"/api/v1/bandwidth?{query}").get_json()
    assert answer["meta"]["source"] == source
    totals = {one["labels"]["route"]: one["total_bytes"] for one in answer["series"]}
    assert totals == {route: STEPS * moved for route, moved in ROUTES.items()}
