"""What ``--verify`` finds on Thanos: what it can check, and a Ruler that reads wrong numbers."""

from typing import Any

import pytest

from quotas import names
from tests.unit.quotas.prometheus.checks.server import Server, lines, target
from tests.unit.quotas.prometheus.engines import (
    QUERIER_FLAGS,
    RULER,
    RULER_FLAGS,
    RULER_URL,
    STORES,
    THANOS_BUILD,
    THANOS_RUNTIME,
    answer,
    thanos_groups,
)


def test_a_querier_above_two_prometheus_that_evaluate_the_rules_is_good(thanos: Server) -> None:
    assert lines(thanos.findings()) == [
        (None, "this is Thanos; if that is wrong, set --engine"),
        (
            None,
            (
                "can't check the retention on Thanos: each Prometheus needs "
                "--storage.tsdb.retention.time, or the compactor --retention.resolution-raw (0 "
                "keeps all), of at least 31d1h19m10s"
            ),
        ),
        (True, "gateways scraped: 1 of 1"),
        (True, "kong_bandwidth_bytes is there with its labels: 1 combinations"),
        (True, "nothing makes the numbers doubtful"),
        (True, "the loaded rules are these"),
        (True, "they evaluate without an error"),
        (
            None,
            (
                "can't check whether alerts arrive on Thanos: set --alertmanager-url, or "
                "--rules-url to the Thanos Ruler"
            ),
        ),
        (True, "each of the 1 quotas selects something"),
    ]


def test_a_gateway_that_two_replicas_scrape_counts_once(thanos: Server) -> None:
    labels = {"job": "kong", "instance": "kong:8100"}
    pair = [target(labels={**labels, "replica": replica}) for replica in "ab"]
    thanos.answers["targets"]["activeTargets"] = pair
    assert thanos.problems() == []
    assert thanos.findings()[2].text == "gateways scraped: 1 of 1"


def test_a_gateway_that_one_of_two_replicas_cannot_scrape_is_reported(thanos: Server) -> None:
    pair = [target(), target(health="down", lastError="refused"), target()]
    thanos.answers["targets"]["activeTargets"] = pair
    assert thanos.problems() == ["gateway kong:8100 is not scraped: refused"]


def test_the_timeout_of_a_scrape_is_among_the_discovered_labels(thanos: Server) -> None:
    slow = target(scrapeTimeout="", discoveredLabels={"__scrape_timeout__": "15s"})
    thanos.answers["targets"]["activeTargets"] = [slow]
    [problem] = thanos.problems()
    assert problem.startswith("a scrape may take 15s, but accounting.scrape_delay is 10s")


def recorded_by(labels: dict[str, str]) -> dict[str, list[Any]]:
    return {names.STEP_END: [{"metric": labels, "value": [0, "1"]}]}


PENALTY = (
    "a Thanos Ruler evaluates the rules, and the Querier chooses between replicas "
    '(--query.replica-label=replica) by "penalty": up to 20 % of the bytes are not counted. '
    "Evaluate the rules in each Prometheus, with a Querier on top, or start the Querier with "
    "--deduplication.func=chain"
)


def test_a_thanos_ruler_on_a_querier_that_loses_bytes_is_reported(thanos: Server) -> None:
    thanos.answers["stores"] = STORES
    thanos.found = recorded_by({"ruler": "r0"})
    assert thanos.problems() == [PENALTY]


def test_a_ruler_that_evaluates_other_rules_is_no_problem(thanos: Server) -> None:
    thanos.answers["stores"] = STORES
    thanos.found = recorded_by({"cluster": "smoke"})
    assert thanos.problems() == []


@pytest.mark.parametrize(
    "flags",
    [
        {**QUERIER_FLAGS, "deduplication.func": "chain"},
        {**QUERIER_FLAGS, "query.replica-label": ""},
    ],
    ids=["chain", "no replica label"],
)
def test_a_ruler_on_a_querier_that_loses_nothing_is_good(
    thanos: Server, flags: dict[str, str]
) -> None:
    thanos.answers |= {"status/flags": flags, "stores": STORES}
    thanos.found = recorded_by({"ruler": "r0"})
    text = "a Thanos Ruler evaluates the rules, and no byte is lost between replicas"
    assert (True, text) in lines(thanos.findings())


def test_a_ruler_is_known_by_its_flags_and_names_its_alertmanagers(thanos: Server) -> None:
    ruler = {
        "status/buildinfo": THANOS_BUILD,
        "status/runtimeinfo": THANOS_RUNTIME,
        "status/flags": RULER_FLAGS,
        "rules": thanos_groups(thanos.groups, ruler="r0"),
    }
    answer(thanos.http, ruler, RULER_URL)
    assert lines(thanos.findings(ruler=RULER))[5:-1] == [
        (True, "the loaded rules are these"),
        (True, "they evaluate without an error"),
        (False, PENALTY),
        (True, "alerts go to http://alertmanager:9093"),
    ]
