"""The findings of ``--verify``, from the answers of a Prometheus."""

from typing import Any

import pytest
import responses

from quotas import names
from quotas.calendars import DAY, MONTH, Calendar, Rolling
from quotas.model import Quota
from quotas.prometheus.checks import alertmanager as under_test
from quotas.prometheus.checks.finding import Finding
from tests.unit.quotas.prometheus.answers import URL
from tests.unit.quotas.prometheus.checks.server import Server, target


@pytest.fixture
def server(http: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch) -> Server:
    monkeypatch.setattr(under_test, "SECONDS_BETWEEN_ATTEMPTS", 0)
    return Server(http)


def test_each_check_that_passes_has_a_finding(server: Server) -> None:
    assert [(finding.good, finding.text) for finding in server.findings()] == [
        (True, "retention is 45d; the longest period needs 31d1h19m10s"),
        (True, "gateways scraped: 1 of 1"),
        (True, "kong_bandwidth_bytes is there with its labels: 1 combinations"),
        (True, "nothing makes the numbers doubtful"),
        (True, "the loaded rules are these"),
        (True, "they evaluate without an error"),
        (True, "alerts go to http://am:9093/api/v2/alerts"),
        (True, "each of the 1 quotas selects something"),
    ]


@pytest.mark.parametrize("shown", ["45d", "45d or 10GiB", "1y", "32d", "5w", "2y or 512MiB"])
def test_a_retention_longer_than_the_longest_period_is_good(server: Server, shown: str) -> None:
    server.answers["status/runtimeinfo"] = {"storageRetention": shown}
    assert server.problems() == []


@pytest.mark.parametrize("shown", ["15d", "31d", "15d or 10GiB", "10GiB", "", "forever"])
def test_a_shorter_or_unknown_retention_is_reported_with_the_time_needed(
    server: Server, shown: str
) -> None:
    server.answers["status/runtimeinfo"] = {"storageRetention": shown}
    assert server.problems() == [
        (
            f"retention is {shown}, but the longest period needs 31d1h19m10s; start Prometheus "
            "with --storage.tsdb.retention.time=45d"
        )
    ]


@pytest.mark.parametrize(
    ("calendar", "needed"),
    [
        (DAY, "1d1h19m10s"),
        (MONTH, "31d1h19m10s"),
        (Calendar("month", timezone="Europe/Berlin"), "31d2h19m10s"),
        (Rolling(44 * 86_400), "44d1h23m10s"),
    ],
)
def test_the_retention_needed_follows_from_the_longest_period(
    http: responses.RequestsMock, calendar: Calendar | Rolling, needed: str
) -> None:
    quotas = Quota("a", 1, calendar=calendar), Quota("b", 1, calendar=Calendar("hour"))
    first = Server(http, *quotas).findings()[0]
    assert first.text == f"retention is 45d; the longest period needs {needed}"


def test_a_gateway_that_cannot_be_scraped_is_reported_with_the_reason(server: Server) -> None:
    server.answers["targets"] = {
        "activeTargets": [
            target(),
            target("a:1", health="down", lastError="connection refused"),
            target("b:1", health="unknown"),
            target("c:1", health="down", labels={"job": "node", "instance": "c:1"}),
        ]
    }
    assert server.problems() == [
        "gateway a:1 is not scraped: connection refused",
        "gateway b:1 is not scraped: not yet",
    ]


@pytest.mark.parametrize(
    "targets", [[], [target(labels={"job": "gateways", "instance": "kong:8100"})]]
)
def test_a_missing_job_of_the_gateways_is_reported(server: Server, targets: list[Any]) -> None:
    server.answers["targets"] = {"activeTargets": targets}
    assert server.problems() == [
        'there is no target of the job "kong"; the scrape job of the gateways must be called so'
    ]


@pytest.mark.parametrize(("timeout", "shown"), [("15s", "15s"), ("10s500ms", "10s500ms")])
def test_a_scrape_timeout_longer_than_the_scrape_delay_is_reported(
    server: Server, timeout: str, shown: str
) -> None:
    server.answers["targets"] = {"activeTargets": [target(), target("b:1", scrapeTimeout=timeout)]}
    assert server.problems() == [
        (
            f"a scrape may take {shown}, but accounting.scrape_delay is 10s: late samples would be "
            "lost; make it as long"
        )
    ]


@pytest.mark.parametrize("timeout", ["10s", "500ms", "9s999ms"])
def test_a_scrape_timeout_up_to_the_scrape_delay_is_good(server: Server, timeout: str) -> None:
    server.answers["targets"] = {"activeTargets": [target(scrapeTimeout=timeout)]}
    assert server.problems() == []


def test_missing_counters_are_reported_with_the_most_common_mistake(
    server: Server,
) -> None:
    server.answers["query"] = {"result": []}
    assert server.problems() == [
        (
            "no kong_bandwidth_bytes within 1d; set bandwidth_metrics: true in Kong's prometheus "
            "plugin, and send a request through it"
        )
    ]


def test_counters_without_a_needed_label_are_reported(server: Server) -> None:
    metric = {"exported_service": "bun-service", "route": "r", "type": "egress"}
    server.answers["query"] = {"result": [{"metric": metric, "value": [0, "1"]}]}
    assert server.problems()[0] == (
        "kong_bandwidth_bytes has no label service, direction; the metric_relabel_configs of "
        "prometheus/prometheus.yml bring it to the shape needed"
    )


def test_missing_and_differing_rules_are_reported(server: Server) -> None:
    groups = server.answers["rules"]["groups"]
    groups[0]["rules"][0]["query"] = "vector(1)"
    groups.pop()
    assert server.problems() == [
        "the group gateway-quotas has other rules; write the rules and reload: --reload URL",
        "the group gateway-samples is not loaded; write the rules and reload: --reload URL",
    ]


def test_rules_that_fail_are_reported_with_their_error(server: Server) -> None:
    rule = server.answers["rules"]["groups"][0]["rules"][0]
    rule |= {"health": "err", "lastError": "many-to-many matching not allowed"}
    assert server.problems() == [
        f"{names.LOCAL_TIME} does not evaluate: many-to-many matching not allowed"
    ]


def test_rules_that_were_not_evaluated_yet_are_good(server: Server) -> None:
    server.answers["rules"]["groups"][0]["rules"][0]["health"] = "unknown"
    assert server.problems() == []


def test_failing_rules_of_other_groups_are_ignored(server: Server) -> None:
    server.answers["rules"]["groups"].append(
        {"name": "node", "interval": 60, "rules": [{"name": "a", "query": "b", "health": "err"}]}
    )
    assert server.problems() == []


def test_a_missing_alertmanager_is_asked_for_several_times(
    server: Server, http: responses.RequestsMock
) -> None:
    server.answers["alertmanagers"] = {"activeAlertmanagers": []}
    assert server.problems() == ["no Alertmanager is connected; see alerting: in its config"]
    assert http.assert_call_count(f"{URL}/api/v1/alertmanagers", under_test.ATTEMPTS)


def test_a_check_without_an_answer_is_reported_and_the_others_continue(
    server: Server,
) -> None:
    server.statuses = {"status/runtimeinfo": 404, "alertmanagers": 501}
    findings = server.findings()
    assert [finding.text.split(" ")[0] for finding in findings if not finding.good] == [
        "retention:",
        "Alertmanager:",
    ]
    assert len([finding for finding in findings if finding.good]) == 6


@pytest.mark.parametrize("odd", [None, [], {}, "text", 7, {"activeTargets": None}, {"groups": 1}])
def test_an_answer_of_another_shape_is_reported(server: Server, odd: Any) -> None:
    server.answers = dict.fromkeys(server.answers, odd)
    findings = server.findings()
    assert findings
    assert not any(finding.good for finding in findings)


def test_an_unreachable_server_is_reported_for_each_check(http: responses.RequestsMock) -> None:
    server = Server(http)
    server.answers = {}
    findings = server.findings()
    assert http.calls
    assert [finding.good for finding in findings] == [False] * 6
    assert all("cannot be reached" in finding.text for finding in findings)


def test_a_finding_is_a_line_that_can_be_coloured() -> None:
    assert Finding(good=True, text="x").render() == "ok    x"
    assert Finding(good=False, text="x").render() == "wrong x"
    assert Finding(good=True, text="x").render(colour=True) == "\033[32mok   \033[0m x"
    assert Finding(good=False, text="x").render(colour=True) == "\033[31mwrong\033[0m x"
