from datetime import UTC, datetime, timedelta

import pytest

from api import create_app
from quotas.prometheus.endpoint import Endpoint
from quotas.prometheus.queries import Prometheus


def test_it_is_healthy_without_asking_prometheus() -> None:
    answer = create_app({"PROMETHEUS_URL": "http://192.0.2.1"}).test_client().get("/healthz")
    assert (answer.status_code, answer.json) == (200, {"status": "ok"})


def test_it_is_configured_from_the_environment_of_the_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PROMETHEUS_URL", "http://elsewhere:9090")
    assert create_app().extensions["context"].upstream.prometheus == Prometheus(
        Endpoint("http://elsewhere:9090"), 10
    )


def test_its_clock_is_that_of_the_machine_in_utc() -> None:
    now = create_app({}).extensions["context"].clock()
    assert now.tzinfo is UTC
    assert abs(datetime.now(UTC) - now) < timedelta(minutes=1)


def test_answers_are_neither_kept_nor_taken_for_something_else() -> None:
    headers = create_app({}).test_client().get("/healthz").headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
