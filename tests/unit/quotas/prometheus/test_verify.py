"""What ``--verify`` finds, from what a Prometheus answers."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import responses

from quotas.calendars import DAY, MONTH, Calendar, Rolling
from quotas.model import Accounting, Match, Quota, QuotaFile
from quotas.prometheus import verify as under_test
from quotas.prometheus.client import Ruler
from quotas.prometheus.verify import Finding, verify
from quotas.rules.compiler import compile_rules
from quotas.rules.rulefile import Group, RuleFile

URL = "http://prometheus:9090"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
BUN = Quota("bun", 1, {"service": Match(("bun-service",))}, direction="egress")
COUNTER = {"service": "bun-service", "route": "bun-route", "direction": "egress"}


def quotas_of(*quotas: Quota, accounting: Accounting | None = None) -> QuotaFile:
    return QuotaFile(accounting or Accounting(), (), quotas)


class Prometheus:
    """What a Prometheus answers; by default all is well."""

    def __init__(self, mock: responses.RequestsMock, quotas: QuotaFile) -> None:
        self.mock = mock
        self.quotas = quotas
        self.rules = compile_rules(quotas, NOW)
        self.answers: dict[str, Any] = {
            "status/runtimeinfo": {"storageRetention": "45d"},
            "targets": {"activeTargets": [target()]},
            "query": {"result": [{"metric": COUNTER, "value": [0, "1"]}]},
            "rules": {"groups": loaded(self.rules)},
            "alertmanagers": {"activeAlertmanagers": [{"url": "http://am:9093/api/v2/alerts"}]},
        }
        self.broken: dict[str, int] = {}

    def findings(self) -> list[Finding]:
        """Return all that is found."""
        for path, data in self.answers.items():
            self.mock.get(
                f"{URL}/api/v1/{path}",
                json={"status": "success", "data": data},
                status=self.broken.get(path, 200),
            )
        return list(verify(Ruler(URL), self.quotas, self.rules))

    def wrong(self) -> list[str]:
        """Return the texts of what is found wrong."""
        return [finding.text for finding in self.findings() if not finding.good]


def target(instance: str = "kong:8100", **more: Any) -> dict[str, Any]:
    labels = {"job": "kong", "instance": instance}
    return {"labels": labels, "health": "up", "lastError": "", "scrapeTimeout": "10s"} | more


def loaded(files: list[RuleFile]) -> list[dict[str, Any]]:
    return [_group(group) for file in files for group in file.groups]


def _group(group: Group) -> dict[str, Any]:
    return {
        "name": group.name,
        "interval": group.interval_seconds,
        "rules": [
            {
                "name": rule.name,
                "query": rule.query,
                "health": "ok",
                "labels": dict(rule.labels),
                "annotations": dict(rule.annotations),
                "duration": rule.for_seconds,
            }
            for rule in group.rules
        ],
    }


@pytest.fixture
def mock() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as started:
        yield started


@pytest.fixture
def prometheus(mock: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch) -> Prometheus:
    monkeypatch.setattr(under_test, "SECONDS_BETWEEN_LOOKS", 0)
    return Prometheus(mock, quotas_of(BUN))


def test_where_all_is_well_each_thing_that_was_looked_at_is_told(prometheus: Prometheus) -> None:
    assert [(finding.good, finding.text) for finding in prometheus.findings()] == [
        (True, "retention is 45d; the longest period needs 31d8m10s"),
        (True, "gateways scraped: 1 of 1"),
        (True, "kong_bandwidth_bytes is there with its labels: 1 combinations"),
        (True, "the loaded rules are these"),
        (True, "they evaluate without an error"),
        (True, "alerts go to http://am:9093/api/v2/alerts"),
        (True, "each of the 1 quotas selects something"),
    ]


@pytest.mark.parametrize("told", ["45d", "45d or 10GiB", "1y", "32d", "5w", "2y or 512MiB"])
def test_a_retention_that_holds_the_longest_period_is_long_enough(
    prometheus: Prometheus, told: str
) -> None:
    prometheus.answers["status/runtimeinfo"] = {"storageRetention": told}
    assert prometheus.wrong() == []


@pytest.mark.parametrize("told", ["15d", "31d", "15d or 10GiB", "10GiB", "", "forever"])
def test_a_retention_that_does_not_is_told_with_what_is_needed(
    prometheus: Prometheus, told: str
) -> None:
    prometheus.answers["status/runtimeinfo"] = {"storageRetention": told}
    assert prometheus.wrong() == [
        (
            f"retention is {told}, but the longest period needs 31d8m10s; start Prometheus with "
            "--storage.tsdb.retention.time=45d"
        )
    ]


@pytest.mark.parametrize(
    ("calendar", "needed"),
    [
        (DAY, "1d4m10s"),
        (MONTH, "31d8m10s"),
        (Calendar("month", timezone="Europe/Berlin"), "31d1h8m10s"),
        (Rolling(44 * 86_400), "44d8m10s"),
    ],
)
def test_how_much_retention_is_needed_follows_from_the_longest_period(
    mock: responses.RequestsMock, calendar: Calendar | Rolling, needed: str
) -> None:
    quotas = quotas_of(Quota("a", 1, calendar=calendar), Quota("b", 1, calendar=Calendar("hour")))
    first = Prometheus(mock, quotas).findings()[0]
    assert first.text == f"retention is 45d; the longest period needs {needed}"


def test_a_gateway_that_cannot_be_scraped_is_told_with_why(prometheus: Prometheus) -> None:
    prometheus.answers["targets"] = {
        "activeTargets": [
            target(),
            target("a:1", health="down", lastError="connection refused"),
            target("b:1", health="unknown"),
            target("c:1", health="down", labels={"job": "node", "instance": "c:1"}),
        ]
    }
    assert prometheus.wrong() == [
        "gateway a:1 is not scraped: connection refused",
        "gateway b:1 is not scraped: not yet",
    ]


@pytest.mark.parametrize(
    "targets", [[], [target(labels={"job": "gateways", "instance": "kong:8100"})]]
)
def test_gateways_whose_job_has_another_name_are_told(
    prometheus: Prometheus, targets: list[Any]
) -> None:
    prometheus.answers["targets"] = {"activeTargets": targets}
    assert prometheus.wrong() == [
        'there is no target of the job "kong"; the scrape job of the gateways must be called so'
    ]


@pytest.mark.parametrize(("timeout", "told"), [("15s", "15s"), ("10s500ms", "10s500ms")])
def test_a_scrape_that_may_take_longer_than_the_rules_wait_is_told(
    prometheus: Prometheus, timeout: str, told: str
) -> None:
    prometheus.answers["targets"] = {"activeTargets": [target(), target(scrapeTimeout=timeout)]}
    assert prometheus.wrong() == [
        (
            f"a scrape may take {told}, but accounting.scrape_delay is 10s: late samples would be "
            "lost; make it as long"
        )
    ]


@pytest.mark.parametrize("timeout", ["10s", "500ms", "9s999ms"])
def test_a_scrape_that_takes_no_longer_is_well(prometheus: Prometheus, timeout: str) -> None:
    prometheus.answers["targets"] = {"activeTargets": [target(scrapeTimeout=timeout)]}
    assert prometheus.wrong() == []


def test_counters_that_are_not_there_are_told_with_the_most_common_mistake(
    prometheus: Prometheus,
) -> None:
    prometheus.answers["query"] = {"result": []}
    assert prometheus.wrong() == [
        (
            "no kong_bandwidth_bytes within 1d; set bandwidth_metrics: true in Kong's prometheus "
            "plugin, and send a request through it"
        )
    ]


def test_counters_that_lack_a_label_are_told(prometheus: Prometheus) -> None:
    metric = {"exported_service": "bun-service", "route": "r", "type": "egress"}
    prometheus.answers["query"] = {"result": [{"metric": metric, "value": [0, "1"]}]}
    assert prometheus.wrong()[0] == (
        "kong_bandwidth_bytes has no label service, direction; the metric_relabel_configs of "
        "prometheus/prometheus.yml bring it to the shape needed"
    )


def test_rules_that_are_not_loaded_or_others_are_told(prometheus: Prometheus) -> None:
    groups = prometheus.answers["rules"]["groups"]
    groups[0]["rules"][0]["query"] = "vector(1)"
    groups.pop()
    assert prometheus.wrong() == [
        "the group gateway-accounting has other rules; write the rules and reload: --reload URL",
        "the group gateway-pipeline is not loaded; write the rules and reload: --reload URL",
    ]


def test_rules_that_do_not_evaluate_are_told_with_their_error(prometheus: Prometheus) -> None:
    rule = prometheus.answers["rules"]["groups"][0]["rules"][0]
    rule |= {"health": "err", "lastError": "many-to-many matching not allowed"}
    assert prometheus.wrong() == [
        "gateway:bandwidth_bytes:delta does not evaluate: many-to-many matching not allowed"
    ]


def test_rules_that_were_not_evaluated_yet_are_no_error(prometheus: Prometheus) -> None:
    prometheus.answers["rules"]["groups"][0]["rules"][0]["health"] = "unknown"
    assert prometheus.wrong() == []


def test_rules_of_others_that_fail_are_passed_over(prometheus: Prometheus) -> None:
    prometheus.answers["rules"]["groups"].append(
        {"name": "node", "interval": 60, "rules": [{"name": "a", "query": "b", "health": "err"}]}
    )
    assert prometheus.wrong() == []


def test_an_alertmanager_that_is_not_connected_is_looked_for_more_than_once(
    prometheus: Prometheus, mock: responses.RequestsMock
) -> None:
    prometheus.answers["alertmanagers"] = {"activeAlertmanagers": []}
    assert prometheus.wrong() == ["no Alertmanager is connected; see alerting: in its config"]
    assert mock.assert_call_count(f"{URL}/api/v1/alertmanagers", under_test.ALERTMANAGER_LOOKS)


@pytest.mark.parametrize(
    ("selector", "hint"),
    [
        (
            {"service": Match(("bun-servise",))},
            '; there is no service "bun-servise", did you mean "bun-service"?',
        ),
        ({"service": Match(("zebra",))}, '; there is no service "zebra"'),
        (
            {"service": Match(("bun-service",)), "route": Match(("bun-rute",))},
            '; there is no route "bun-rute", did you mean "bun-route"?',
        ),
        ({"service": Match(regex="ban-.*")}, ""),
        # Each exists, but not together.
        ({"service": Match(("bun-service",)), "route": Match(("ban-route",))}, ""),
        ({"consumer": Match(("acme",))}, '; there is no consumer "acme"'),
    ],
    ids=["misspelt", "far from any", "second label", "regex", "not together", "none at all"],
)
def test_a_quota_that_selects_nothing_is_told_with_the_nearest_name(
    mock: responses.RequestsMock, selector: dict[str, Match], hint: str
) -> None:
    prometheus = Prometheus(mock, quotas_of(BUN, Quota("b", 1, selector)))
    other = {"service": "ban", "route": "ban-route", "direction": "ingress"}
    prometheus.answers["query"]["result"].append({"metric": other, "value": [0, "1"]})
    assert prometheus.wrong() == [f"quota b selects nothing that was seen within 1d{hint}"]


@pytest.mark.parametrize(
    "quota",
    [
        Quota("a", 1),
        Quota("a", 1, {"service": Match(("x", "bun-service"))}),
        Quota("a", 1, {"service": Match(regex="bun-.*"), "route": Match(regex=".*")}),
        Quota("a", 1, {"consumer": Match(regex=".*")}),
        Quota("a", 1, for_each=("route",), excluded={"route": ("ban-route",)}),
    ],
)
def test_a_quota_that_selects_something_is_well(mock: responses.RequestsMock, quota: Quota) -> None:
    assert Prometheus(mock, quotas_of(quota)).wrong() == []


@pytest.mark.parametrize(
    "quota",
    [
        Quota("a", 1, direction="ingress"),
        Quota("a", 1, {"service": Match(regex="bun")}),
        Quota("a", 1, {"service": Match(regex="BUN-.*")}),
        Quota("a", 1, for_each=("route", "consumer")),
        Quota("a", 1, for_each=("route",), excluded={"route": ("bun-route",)}),
    ],
)
def test_a_quota_must_match_all_of_a_value_the_direction_and_what_it_ranges_over(
    mock: responses.RequestsMock, quota: Quota
) -> None:
    assert len(Prometheus(mock, quotas_of(quota)).wrong()) == 1


def test_of_many_quotas_that_select_nothing_some_are_told_and_the_rest_counted(
    mock: responses.RequestsMock,
) -> None:
    quotas = [Quota(f"q{number}", 1, {"service": Match(("zebra",))}) for number in range(25)]
    wrong = Prometheus(mock, quotas_of(*quotas)).wrong()
    assert len(wrong) == under_test.MOST_QUOTAS_TOLD + 1
    assert wrong[-1] == "so do 5 more quotas"


def test_what_a_server_does_not_answer_is_a_finding_and_the_rest_is_looked_at(
    prometheus: Prometheus,
) -> None:
    prometheus.broken = {"status/runtimeinfo": 404, "alertmanagers": 501}
    findings = prometheus.findings()
    assert [finding.text.split(" ")[0] for finding in findings if not finding.good] == [
        "retention:",
        "Alertmanager:",
    ]
    assert len([finding for finding in findings if finding.good]) == 5


@pytest.mark.parametrize("odd", [None, [], {}, "text", 7, {"activeTargets": None}, {"groups": 1}])
def test_an_odd_answer_is_a_finding_and_no_crash(prometheus: Prometheus, odd: Any) -> None:
    prometheus.answers = dict.fromkeys(prometheus.answers, odd)
    findings = prometheus.findings()
    assert findings
    assert not any(finding.good for finding in findings)


def test_a_server_that_is_not_there_is_told_for_each_look(mock: responses.RequestsMock) -> None:
    quotas = quotas_of(BUN)
    findings = list(verify(Ruler(URL), quotas, compile_rules(quotas, NOW)))
    assert mock.calls
    assert [finding.good for finding in findings] == [False] * 5
    assert all("cannot be reached" in finding.text for finding in findings)


def test_a_finding_is_a_line_with_its_verdict_coloured_on_a_terminal() -> None:
    assert Finding(good=True, text="x").render() == "ok    x"
    assert Finding(good=False, text="x").render() == "wrong x"
    assert Finding(good=True, text="x").render(colour=True) == "\033[32mok   \033[0m x"
    assert Finding(good=False, text="x").render(colour=True) == "\033[31mwrong\033[0m x"
