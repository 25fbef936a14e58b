"""Requests to a Prometheus, and the errors if it does not answer as expected."""

import pytest
import requests
import responses

from quotas.prometheus import client
from quotas.prometheus.client import PrometheusClient, PrometheusError
from quotas.prometheus.endpoint import make_endpoint
from quotas.prometheus.partial_answers import QUERY_PARAMETERS
from tests.unit.quotas.prometheus.answers import PROMETHEUS, RELOAD_URL, RULES_URL, URL, loaded


def test_a_query_returns_labels_and_values(http: responses.RequestsMock) -> None:
    result = [{"metric": {"a": "b"}, "value": [1, "2.5"]}]
    http.get(
        f"{URL}/api/v1/query",
        json={"data": {"result": result}},
        match=[
            responses.matchers.query_param_matcher({"query": "x{a='b'} + 1", **QUERY_PARAMETERS})
        ],
    )
    assert PROMETHEUS.query("x{a='b'} + 1") == [({"a": "b"}, 2.5)]


def test_an_address_may_end_with_a_slash_or_have_a_path(
    http: responses.RequestsMock,
) -> None:
    http.get("http://host/prometheus/api/v1/rules", json={"data": loaded([])})
    for url in ("http://host/prometheus", "http://host/prometheus/"):
        server = PrometheusClient(make_endpoint(url, {}))
        assert server.ask("/api/v1/rules") == {"groups": []}


def test_an_answer_with_an_error_status_is_reported_with_its_text(
    http: responses.RequestsMock,
) -> None:
    http.get(RULES_URL, status=503, body="  Service Unavailable\n" + "x" * 500)
    with pytest.raises(PrometheusError) as caught:
        PROMETHEUS.ask("/api/v1/rules")
    assert str(caught.value).startswith(f"{RULES_URL} answered 503: Service Unavailable\nxxx")
    assert len(str(caught.value)) < 400


def test_an_unreachable_server_is_reported_with_the_reason() -> None:
    nobody = PrometheusClient(make_endpoint("http://127.0.0.1:9", {}))
    with pytest.raises(PrometheusError) as raised:
        nobody.ask("/api/v1/rules")
    assert str(raised.value) == (
        "http://127.0.0.1:9/api/v1/rules: it cannot be reached (Connection refused)"
    )


def test_an_unreachable_server_is_reported_without_a_reason_if_none_is_known(
    http: responses.RequestsMock,
) -> None:
    http.get(RULES_URL, body=requests.ConnectionError("refused"))
    with pytest.raises(PrometheusError, match=f"^{RULES_URL}: it cannot be reached$"):
        PROMETHEUS.ask("/api/v1/rules")


def test_a_server_that_does_not_answer_in_time_is_reported(http: responses.RequestsMock) -> None:
    http.get(RULES_URL, body=requests.ReadTimeout("Read timed out."))
    with pytest.raises(PrometheusError, match=r"it gave no whole answer within 30 seconds$"):
        PROMETHEUS.ask("/api/v1/rules")


@pytest.mark.parametrize("path", ["/api/v1/rules", "/api/v1/query"])
def test_a_part_of_the_data_is_refused(http: responses.RequestsMock, path: str) -> None:
    http.get(f"{URL}{path}", json={"data": {"result": []}, "warnings": ["a store is away"]})
    with pytest.raises(
        PrometheusError, match=f"^{URL}{path} has only a part of the data: a store is away$"
    ):
        PROMETHEUS.ask(path)


def test_an_answer_has_a_largest_size(
    http: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "LARGEST_ANSWER_BYTES", 2**20)
    http.get(RULES_URL, body=b" " * (2**20 + 1))
    with pytest.raises(PrometheusError, match="its answer is larger than 1 MiB"):
        PrometheusClient(PROMETHEUS.endpoint).ask("/api/v1/rules")


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_taken_for_a_successful_reload(
    http: responses.RequestsMock, status: int
) -> None:
    http.post(RELOAD_URL, status=status, headers={"Location": "/prometheus/-/reload"})
    with pytest.raises(
        PrometheusError, match=f"answered {status}, see /prometheus/-/reload; name that"
    ):
        PROMETHEUS.reload()


def test_a_reload_without_the_lifecycle_flag_is_reported_with_the_remedy(
    http: responses.RequestsMock,
) -> None:
    http.post(RELOAD_URL, status=403, body="Lifecycle API is not enabled.")
    with pytest.raises(
        PrometheusError, match=r"answered 403 to a reload: start it with --web\.enable"
    ):
        PROMETHEUS.reload()


def test_a_failed_reload_is_reported_with_its_reason(http: responses.RequestsMock) -> None:
    http.post(RELOAD_URL, status=500, body="failed to reload config: bad rule")
    with pytest.raises(PrometheusError, match="answered 500: failed to reload config: bad rule"):
        PROMETHEUS.reload()
