"""What ``--verify`` finds on VictoriaMetrics and Mimir: what it can check, and what it cannot."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from quotas.prometheus.checks.targets import CAME, WENT
from quotas.prometheus.engine import Engine
from tests.unit.quotas.prometheus.answers import URL, loaded
from tests.unit.quotas.prometheus.checks.server import Server, lines
from tests.unit.quotas.prometheus.engines import (
    ALERTMANAGER,
    ALERTMANAGER_URL,
    RULER,
    RULER_URL,
    answer,
    lack,
    vmalert_groups,
)

NEEDED = "31d1h19m10s"
COUNTERS = "kong_bandwidth_bytes is there with its labels: 1 combinations"
DOUBTS = "nothing makes the numbers doubtful"
SELECTORS = "each of the 1 quotas selects something"
FLAGS = '-httpListenAddr=":8428"\n-retentionPeriod="{}"\n'


def test_victoria_metrics_without_vmalert_has_notes(victoria: Server) -> None:
    victoria.http.get(f"{URL}/flags", body=FLAGS.format("2"))
    assert lines(victoria.findings()) == [
        (None, "this is VictoriaMetrics; if that is wrong, set --engine"),
        (True, f"retention is 62d; the longest period needs {NEEDED}"),
        (True, "gateways scraped: 1 of 1"),
        (True, COUNTERS),
        (True, DOUBTS),
        (
            None,
            "can't check the rules on VictoriaMetrics: set --rules-url to vmalert, which has them",
        ),
        (
            None,
            (
                "can't check whether alerts arrive on VictoriaMetrics: set --alertmanager-url, or "
                "--rules-url to vmalert"
            ),
        ),
        (True, SELECTORS),
    ]


def test_vmalert_is_asked_about_rules_and_alertmanagers(victoria: Server) -> None:
    victoria.http.get(f"{URL}/flags", body=FLAGS.format("45d"))
    target = {"address": "http://am:9093/api/v2/alerts", "labels": {}, "lastError": ""}
    notifiers = {"notifiers": [{"kind": "static", "targets": [target]}]}
    rules = vmalert_groups(victoria.groups)
    answer(victoria.http, {"rules": rules, "notifiers": notifiers}, RULER_URL, status=400)
    assert lines(victoria.findings(ruler=RULER))[5:-1] == [
        (True, "the loaded rules are these"),
        (True, "they evaluate without an error"),
        (True, "alerts go to http://am:9093/api/v2/alerts"),
    ]


def test_what_answers_queries_has_no_alertmanagers(victoria: Server) -> None:
    victoria.http.replace(
        "GET", f"{URL}/api/v1/notifiers", json={"status": "success", "data": {"notifiers": []}}
    )
    victoria.http.get(f"{URL}/flags", body=FLAGS.format("2"))
    assert victoria.problems() == []


def test_vmalert_1_79_does_not_name_its_alertmanagers(victoria: Server) -> None:
    rules = vmalert_groups(victoria.groups, version_1_79=True)
    answer(victoria.http, {"rules": rules}, RULER_URL, status=400)
    victoria.http.get(f"{URL}/flags", body="")
    assert [finding.good for finding in victoria.findings(ruler=RULER)][5:-1] == [True, True, None]


@pytest.mark.parametrize(
    ("flags", "good", "words"),
    [
        (FLAGS.format("45d"), True, "retention is 45d; the longest period needs"),
        (FLAGS.format("1y"), True, "retention is 1y; the longest period needs"),
        (FLAGS.format("1"), False, "retention is 31d, but the longest period needs"),
        ('-httpListenAddr=":8428"\n', False, "retention is 31d, but the longest period needs"),
        ('-storageNode="vmstorage"\n', None, "can't check the retention on VictoriaMetrics: "),
        ("<html>", None, "can't check the retention on VictoriaMetrics: -retentionPeriod"),
    ],
    ids=["days", "years", "months", "the default", "a cluster", "another page"],
)
def test_the_retention_of_victoria_metrics_is_that_of_its_flags(
    victoria: Server, flags: str, *, good: bool | None, words: str
) -> None:
    victoria.http.get(f"{URL}/flags", body=flags)
    finding = victoria.findings()[1]
    assert finding.good is good
    assert finding.text.startswith(words)


def test_gateways_that_another_program_scrapes_are_known_by_their_up(victoria: Server) -> None:
    victoria.http.get(f"{URL}/flags", status=404)
    victoria.answers["targets"] = {"activeTargets": []}
    assert lines(victoria.findings())[2:4] == [
        (True, "gateways scraped: 1 of 1"),
        (
            None,
            (
                "can't check how long scrapes may take on VictoriaMetrics: scrape_timeout of the "
                'job "kong" must be at most 10s'
            ),
        ),
    ]


def test_mimir_and_cortex_have_notes_about_what_they_do_not_say(cortex: Server) -> None:
    assert lines(cortex.findings()) == [
        (None, "this is Mimir; if that is wrong, set --engine"),
        (
            None,
            (
                "can't check the retention on Mimir: compactor_blocks_retention_period, in its "
                f"limits, must be 0 (keeps all) or at least {NEEDED}"
            ),
        ),
        (True, "gateways scraped: 1 of 1"),
        (
            None,
            (
                "can't check how long scrapes may take on Mimir: scrape_timeout of the job "
                '"kong" must be at most 10s'
            ),
        ),
        (True, COUNTERS),
        (True, DOUBTS),
        (True, "the loaded rules are these"),
        (True, "they evaluate without an error"),
        (None, "can't check whether alerts arrive on Mimir: set --alertmanager-url"),
        (True, SELECTORS),
    ]


def test_rules_that_mimir_lacks_are_pushed(cortex: Server) -> None:
    cortex.answers["rules"] = {"groups": []}
    [problem] = cortex.problems()
    assert problem.startswith("rules that are not loaded: ")
    assert problem.endswith("of the group gateway-quotas; push them: --push URL")


def test_a_gateway_that_is_down_is_reported_by_its_up(cortex: Server) -> None:
    labels = {
        "instance": "kong:8100",
        "service": "bun-service",
        "route": "r",
        "direction": "egress",
    }
    cortex.answers["query"] = {"result": [{"metric": labels, "value": [0, "0"]}]}
    assert cortex.problems() == ["gateway kong:8100 is not scraped: its up is 0"]


def test_alerts_that_arrive_at_an_alertmanager_are_good(cortex: Server) -> None:
    url = f"{ALERTMANAGER_URL}/api/v2/alerts"
    watchdog = {"alertname": "QuotaPipelineWatchdog"}
    alert = {"labels": watchdog, "fingerprint": "a", "status": {"inhibitedBy": []}}
    cortex.http.get(url, json=[alert])
    findings = cortex.findings(alertmanager=ALERTMANAGER)
    assert (True, f"alerts arrive at {ALERTMANAGER_URL}") in lines(findings)
    assert (True, "no inhibit rule of others silences these alerts") in lines(findings)
    asked = [str(c.request.url) for c in cortex.http.calls if str(c.request.url).startswith(url)]
    assert [parse_qs(urlsplit(one).query) for one in asked] == [
        {"filter": ['alertname="QuotaPipelineWatchdog"']},
        {"inhibited": ["true"]},
    ]


def test_alerts_that_inhibit_rules_of_others_silence_are_wrong(cortex: Server) -> None:
    def alert(number: int, *inhibited_by: str) -> dict[str, Any]:
        labels = {"alertname": "BandwidthQuotaUsage", "quota": f"q{number}", "threshold": "80"}
        status = {"inhibitedBy": [*inhibited_by]}
        return {"labels": labels, "fingerprint": f"{number}", "status": status}

    silenced = [alert(number, "0") for number in range(1, 8)]
    cortex.http.get(f"{ALERTMANAGER_URL}/api/v2/alerts", json=[alert(0), *silenced])
    findings = cortex.findings(alertmanager=ALERTMANAGER)
    *shown, more = [finding.text for finding in findings if finding.good is False]
    assert len(shown) == 5
    assert all(
        "because BandwidthQuotaUsage (quota=q0, threshold=80) inhibits" in one for one in shown
    )
    assert more == "2 more alerts are inhibited"


def test_alerts_that_do_not_arrive_are_reported(cortex: Server) -> None:
    cortex.http.get(f"{ALERTMANAGER_URL}/api/v2/alerts", json=[])
    findings = cortex.findings(alertmanager=ALERTMANAGER)
    assert [finding.text for finding in findings if finding.good is False] == [
        (
            f"QuotaPipelineWatchdog, which always fires, is not at {ALERTMANAGER_URL}; after a "
            "reload wait two minutes, then check where the ruler sends alerts"
        )
    ]


def test_the_engine_can_be_set(server: Server) -> None:
    server.answers["rules"] = loaded(server.groups)
    lack(server.http, server.answers)
    assert server.findings(Engine.MIMIR)[0].text.startswith("this is Mimir;")


def count(value: int) -> list[Any]:
    return [{"metric": {}, "value": [0, str(value)]}]


def test_where_targets_come_and_go_counting_new_ones_is_recommended(server: Server) -> None:
    server.found = {CAME: count(3), WENT: count(2)}
    notes = [finding.text for finding in server.findings() if finding.good is None]
    assert notes == [
        (
            "within a day 3 gateways appeared and 2 went: where gateways come and go, set "
            "accounting.new_targets to count, or what a new one moves before its first scrape does "
            "not count"
        )
    ]


@pytest.mark.parametrize("found", [{}, {CAME: count(3)}, {WENT: count(2)}])
def test_targets_that_only_come_or_only_go_are_no_pattern(
    server: Server, found: dict[str, list[Any]]
) -> None:
    server.found = found
    assert all(finding.good for finding in server.findings())
