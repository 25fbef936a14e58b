"""Which engine answers at an address: Prometheus, or another one with its API."""

from typing import Any

from quotas.prometheus.client import PrometheusClient, PrometheusError
from quotas.prometheus.engine import Engine

_NOT_FOUND = 404
# VictoriaMetrics and vmalert answer so to each path that they lack.
_UNSUPPORTED = "unsupported path requested"
_BUILD = "/api/v1/status/buildinfo"
_RUNTIME = "/api/v1/status/runtimeinfo"


def detect_engine(server: PrometheusClient) -> Engine:
    """Return the engine at an address, by what it says about its build and what it lacks.

    A server that does not answer, or answers in another way than all of them, is taken for a
    Prometheus, so that what is asked next fails with the reason.
    """
    try:
        build = server.ask(_BUILD)
    except PrometheusError as error:
        if is_unsupported(error):
            return Engine.VICTORIA_METRICS
        is_cortex = error.status == _NOT_FOUND and _answers_queries(server)
        return Engine.MIMIR if is_cortex else Engine.PROMETHEUS
    if not isinstance(build, dict):
        return Engine.PROMETHEUS
    if "features" in build or "application" in build:
        return Engine.MIMIR
    # VictoriaMetrics has nothing there, or the version of Prometheus that Grafana should assume.
    if build.keys() <= {"version"}:
        return Engine.VICTORIA_METRICS
    return Engine.THANOS if _lacks_retention(server) else Engine.PROMETHEUS


def _answers_queries(server: PrometheusClient) -> bool:
    """Return whether a server without that page is one after all, as Cortex is."""
    try:
        server.query("vector(1)")
    except (PrometheusError, KeyError, TypeError, ValueError, IndexError):
        return False
    return True


def is_unsupported(error: PrometheusError) -> bool:
    """Return whether VictoriaMetrics, or vmalert, said that it lacks what was asked for."""
    return _UNSUPPORTED in str(error)


def is_vmalert(server: PrometheusClient) -> bool:
    """Return whether a server of VictoriaMetrics is vmalert, which has rules and no queries."""
    try:
        server.ask(_BUILD)
    except PrometheusError as error:
        return is_unsupported(error)
    return False


def is_thanos_ruler(server: PrometheusClient) -> bool:
    """Return whether a server of Thanos is a Ruler. Its flags name the files of its rules."""
    return bool(flags_of(server).get("rule-file"))


def flags_of(server: PrometheusClient) -> dict[str, Any]:
    """Return the flags with which a Thanos runs; empty if it does not say."""
    try:
        flags = server.ask("/api/v1/status/flags")
    except PrometheusError:
        return {}
    return flags if isinstance(flags, dict) else {}


def _lacks_retention(server: PrometheusClient) -> bool:
    """Return whether a server says nothing about retention, as only Thanos does."""
    try:
        runtime = server.ask(_RUNTIME)
    except PrometheusError:
        return False
    return isinstance(runtime, dict) and bool(runtime) and "storageRetention" not in runtime
