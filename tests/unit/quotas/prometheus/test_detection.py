"""The engine at an address, from what each engine answers."""

from typing import Any

import pytest
import requests
import responses

from quotas.prometheus.detection import detect_engine, is_thanos_ruler, is_vmalert
from quotas.prometheus.engine import Engine
from tests.unit.quotas.prometheus.answers import PROMETHEUS, URL
from tests.unit.quotas.prometheus.engines import (
    MIMIR_BUILD,
    PROMETHEUS_BUILD,
    QUERIER_FLAGS,
    RULER_FLAGS,
    THANOS_BUILD,
    THANOS_RUNTIME,
    answer,
    unsupported,
)

BUILD_URL = f"{URL}/api/v1/status/buildinfo"
RUNTIME = "status/runtimeinfo"


@pytest.mark.parametrize(
    ("build", "runtime", "engine"),
    [
        (PROMETHEUS_BUILD, {"storageRetention": "15d"}, Engine.PROMETHEUS),
        (THANOS_BUILD, THANOS_RUNTIME, Engine.THANOS),
        (MIMIR_BUILD, {}, Engine.MIMIR),
        ({}, {}, Engine.VICTORIA_METRICS),
        ({"version": "2.24.0"}, {}, Engine.VICTORIA_METRICS),
    ],
    ids=["Prometheus", "Thanos", "Mimir", "VictoriaMetrics 1.79", "VictoriaMetrics 1.145"],
)
def test_an_engine_is_known_by_its_build(
    http: responses.RequestsMock, build: dict[str, Any], runtime: dict[str, Any], engine: Engine
) -> None:
    answer(http, {"status/buildinfo": build, RUNTIME: runtime})
    assert detect_engine(PROMETHEUS) is engine


def test_cortex_lacks_the_page_and_is_asked_like_mimir(http: responses.RequestsMock) -> None:
    answer(http, {"query": {"result": []}})
    assert detect_engine(PROMETHEUS) is Engine.MIMIR


def test_what_has_neither_the_page_nor_queries_is_not_taken_for_cortex(
    http: responses.RequestsMock,
) -> None:
    http.get(BUILD_URL, status=404, body="404 page not found\n")
    http.get(f"{URL}/api/v1/query", status=404, body="404 page not found\n")
    assert detect_engine(PROMETHEUS) is Engine.PROMETHEUS


def test_vmalert_lacks_the_page_in_other_words(http: responses.RequestsMock) -> None:
    http.get(BUILD_URL, status=400, body=unsupported("/api/v1/status/buildinfo"))
    assert detect_engine(PROMETHEUS) is Engine.VICTORIA_METRICS
    assert is_vmalert(PROMETHEUS)


def test_what_answers_queries_of_victoria_metrics_is_no_vmalert(
    http: responses.RequestsMock,
) -> None:
    answer(http, {"status/buildinfo": {}})
    assert not is_vmalert(PROMETHEUS)


@pytest.mark.parametrize("status", [401, 500, 503])
def test_a_server_that_refuses_is_taken_for_prometheus(
    http: responses.RequestsMock, status: int
) -> None:
    http.get(BUILD_URL, status=status, body="no")
    assert detect_engine(PROMETHEUS) is Engine.PROMETHEUS
    assert not is_vmalert(PROMETHEUS)


def test_a_server_that_cannot_be_reached_is_taken_for_prometheus(
    http: responses.RequestsMock,
) -> None:
    http.get(BUILD_URL, body=requests.ConnectionError("refused"))
    assert detect_engine(PROMETHEUS) is Engine.PROMETHEUS


@pytest.mark.parametrize("odd", [None, [], "text", 7])
def test_an_odd_answer_is_taken_for_that_of_prometheus(
    http: responses.RequestsMock, odd: object
) -> None:
    answer(http, {"status/buildinfo": odd})
    assert detect_engine(PROMETHEUS) is Engine.PROMETHEUS


def test_without_a_page_about_its_runtime_prometheus_is_no_thanos(
    http: responses.RequestsMock,
) -> None:
    answer(http, {"status/buildinfo": PROMETHEUS_BUILD})
    assert detect_engine(PROMETHEUS) is Engine.PROMETHEUS


@pytest.mark.parametrize(("flags", "is_ruler"), [(RULER_FLAGS, True), (QUERIER_FLAGS, False)])
def test_the_flags_of_thanos_say_whether_it_has_rules(
    http: responses.RequestsMock, flags: dict[str, str], *, is_ruler: bool
) -> None:
    answer(http, {"status/flags": flags})
    assert is_thanos_ruler(PROMETHEUS) is is_ruler
