"""Servers of each engine, all of whose answers are good."""

import pytest
import responses

from quotas.prometheus.checks import alertmanager
from tests.unit.quotas.prometheus.checks.server import Server
from tests.unit.quotas.prometheus.engines import (
    QUERIER_FLAGS,
    STORES,
    THANOS_BUILD,
    THANOS_RUNTIME,
    lack,
    thanos_groups,
)


@pytest.fixture
def server(http: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch) -> Server:
    monkeypatch.setattr(alertmanager, "SECONDS_BETWEEN_ATTEMPTS", 0)
    return Server(http)


@pytest.fixture
def victoria(server: Server) -> Server:
    """Return a VictoriaMetrics in one process, which scrapes."""
    del server.answers["status/runtimeinfo"], server.answers["alertmanagers"]
    server.answers |= {"status/buildinfo": {}, "rules": {"groups": []}}
    del server.answers["targets"]["activeTargets"][0]["scrapeTimeout"]
    lack(server.http, server.answers, status=400)
    return server


@pytest.fixture
def thanos(server: Server) -> Server:
    """Return a Thanos Querier above two Prometheus that evaluate the rules."""
    del server.answers["alertmanagers"]
    server.answers |= {
        "status/buildinfo": THANOS_BUILD,
        "status/runtimeinfo": THANOS_RUNTIME,
        "status/flags": QUERIER_FLAGS,
        "stores": {"sidecar": STORES["sidecar"]},
        "rules": thanos_groups(server.groups, cluster="smoke"),
    }
    lack(server.http, server.answers)
    return server


@pytest.fixture
def cortex(server: Server) -> Server:
    """Return a Cortex, whose paths are a few of Prometheus's."""
    rules = thanos_groups(server.groups)
    server.answers = {"query": server.answers["query"], "rules": rules}
    lack(server.http, server.answers)
    return server
