"""Requests to a Prometheus, and the errors if it does not answer as expected."""

import errno

import pytest
import requests
import responses

from quotas.prometheus.client import PrometheusClient, PrometheusError
from tests.unit.quotas.prometheus.answers import PROMETHEUS, RELOAD_URL, RULES_URL, URL, loaded


def test_a_query_returns_labels_and_values(http: responses.RequestsMock) -> None:
    result = [{"metric": {"a": "b"}, "value": [1, "2.5"]}]
    http.get(
        f"{URL}/api/v1/query",
        json={"data": {"result": result}},
        match=[responses.matchers.query_param_matcher({"query": "x{a='b'} + 1"})],
    )
    assert PROMETHEUS.query("x{a='b'} + 1") == [({"a": "b"}, 2.5)]


def test_an_address_may_end_with_a_slash_or_have_a_path(
    http: responses.RequestsMock,
) -> None:
    http.get("http://host/prometheus/api/v1/rules", json={"data": loaded([])})
    for url in ("http://host/prometheus", "http://host/prometheus/"):
        assert PrometheusClient(url).ask("/api/v1/rules") == {"groups": []}


def test_an_answer_with_an_error_status_is_reported_with_its_text(
    http: responses.RequestsMock,
) -> None:
    http.get(RULES_URL, status=503, body="  Service Unavailable\n" + "x" * 500)
    with pytest.raises(PrometheusError) as caught:
        PROMETHEUS.ask("/api/v1/rules")
    assert str(caught.value).startswith(f"{RULES_URL} answered 503: Service Unavailable\nxxx")
    assert len(str(caught.value)) < 400


def test_an_unreachable_server_is_reported(http: responses.RequestsMock) -> None:
    http.get(RULES_URL, body=requests.ConnectionError("refused"))
    with pytest.raises(PrometheusError, match=f"{RULES_URL} cannot be reached: refused"):
        PROMETHEUS.ask("/api/v1/rules")


def test_what_the_system_says_is_reported_without_the_words_of_libraries(
    http: responses.RequestsMock,
) -> None:
    error = requests.ConnectionError("HTTPConnectionPool: Max retries exceeded")
    error.__cause__ = ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")
    http.get(RULES_URL, body=error)
    with pytest.raises(PrometheusError, match=r"cannot be reached: Connection refused$"):
        PROMETHEUS.ask("/api/v1/rules")


def test_a_server_that_does_not_answer_in_time_is_reported(http: responses.RequestsMock) -> None:
    http.get(RULES_URL, body=requests.ReadTimeout("Read timed out."))
    with pytest.raises(PrometheusError, match=r"cannot be reached: no answer within 15 seconds$"):
        PROMETHEUS.ask("/api/v1/rules")


def test_an_address_without_a_scheme_is_reported() -> None:
    with pytest.raises(PrometheusError, match="localhost:9090/api/v1/rules cannot be reached"):
        PrometheusClient("localhost:9090").ask("/api/v1/rules")


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
