"""The findings of ``--verify`` about doubts: they name the gateway, the cause and the cure."""

import pytest
import responses

from quotas import names
from quotas.accounting_options import Accounting
from quotas.model import Match, Quota
from quotas.prometheus.checks.doubts import MOST_SHOWN
from quotas.rules.doubts.all import doubts_of
from tests.unit.quotas.prometheus.checks.server import BUN, COUNTER, Server, target

EACH = Quota("each", 1, for_each=("consumer",))
LABELS = {"job": "kong", "instance": "a:8100", "node_id": "n1", "metric": "kong_bandwidth"}
LINES = {
    names.SCRAPED_TWICE_ALERT: (
        "Gateway a:8100 has the same node id as another target. Several targets answer as node n1: "
        "one gateway is scraped twice, or gateways share a KONG_NODE_ID. Their bytes are divided "
        "by the number of targets, which is too little for different gateways. Scrape each gateway "
        "once, and give each one its own KONG_NODE_ID."
    ),
    names.SEVERAL_NODES_ALERT: (
        "Several gateways seem to answer at a:8100. Its node changes back and forth, or its count "
        "of requests falls again and again. Either a load balancer is in front of several "
        "gateways, or one gateway keeps restarting. Its bytes cannot be counted completely. Scrape "
        "each gateway as a target of its own, or find out why it restarts."
    ),
    names.DICTIONARY_FULL_ALERT: (
        "The counters of gateway a:8100 take 2 % of their memory. When Kong's dictionary "
        "prometheus_metrics is full, Kong drops the counters that were not used for longest, "
        "without an error. Their bytes are lost. Set KONG_NGINX_HTTP_LUA_SHARED_DICT to a larger "
        "size and restart the gateway."
    ),
    names.METRIC_ERRORS_ALERT: (
        "Gateway a:8100 cannot count all of its metrics. Its prometheus plugin had errors within "
        "15 minutes (kong_nginx_metric_errors_total: 2). Bytes of those requests may be missing. "
        "The error log of the gateway says why. Check whether its dictionary is full."
    ),
    names.LABELS_UNKNOWN_ALERT: (
        "Counters of gateway a:8100 have other labels than the rules know. Series of "
        "kong_bandwidth_bytes (2) have a label exported_..., or no direction. They count under "
        "another service, route or consumer, or for no quota. Copy relabel_configs and "
        "metric_relabel_configs of prometheus/prometheus.yml into the job that scrapes it."
    ),
    names.NAME_UNKNOWN_ALERT: (
        "Gateway a:8100 exposes its bytes as kong_bandwidth. The rules do not know this name, and "
        "do not count its series (2). Copy relabel_configs and metric_relabel_configs of "
        "prometheus/prometheus.yml into the job that scrapes it."
    ),
    names.SAMPLES_DROPPED_ALERT: (
        "Prometheus drops samples of gateway a:8100. After relabelling, samples of one scrape have "
        "the same labels, and only one of them is stored (dropped: 2). Bytes may be missing. Find "
        "what is equal in its /metrics except for the labels and names that relabelling changes, "
        "and correct the relabelling."
    ),
    names.CONSUMERS_NOT_COUNTED_ALERT: (
        "Gateway a:8100 does not count by consumer. It is Kong 2, which exposes the bytes of all "
        "consumers together. Quotas by consumer do not count them: each. Update the gateway to "
        "Kong 3, or write these quotas by service or route."
    ),
    names.EVALUATIONS_MISSED_ALERT: (
        "Prometheus missed evaluations of the quota rules. Within the last hour, 2 evaluations are "
        "missing. Prometheus was stopped, stood still, or was too slow. Steps without an "
        "evaluation are counted at the end of the next quarter of an hour, up to 1h back. Older "
        "ones are missing from quotas. Make sure that it evaluates the rules again. A backfill "
        "brings back what it scraped and will not count by itself."
    ),
}


@pytest.fixture
def server(http: responses.RequestsMock) -> Server:
    server = Server(http, BUN, EACH)
    server.answers["query"]["result"] += [
        {"metric": COUNTER | {"consumer": "c"}, "value": [0, "1"]}
    ]
    return server


def test_each_doubt_has_a_line() -> None:
    assert [doubt.alert for doubt in doubts_of(Accounting(), (EACH,))] == list(LINES)


@pytest.mark.parametrize(("alert", "line"), LINES.items())
def test_a_doubt_is_reported_with_the_gateway_the_cause_and_the_cure(
    server: Server, alert: str, line: str
) -> None:
    server.doubts[alert] = [LABELS]
    assert server.problems() == [line]


def test_many_elements_of_a_doubt_are_reported_in_part(server: Server) -> None:
    server.doubts[names.SEVERAL_NODES_ALERT] = [
        LABELS | {"instance": f"{number}:8100"} for number in range(MOST_SHOWN + 7)
    ]
    problems = server.problems()
    assert len(problems) == MOST_SHOWN + 1
    assert problems[-1] == "GatewaysBehindOneAddress: 7 more like these"


def test_a_doubt_that_prometheus_does_not_answer_is_reported_once(server: Server) -> None:
    server.statuses["query"] = 503
    problems = server.problems()
    assert [text.partition(":")[0] for text in problems] == ["counters", "doubts"]


def test_targets_with_the_same_instance_are_reported_with_their_addresses(server: Server) -> None:
    server.answers["targets"] = {
        "activeTargets": [
            target("a:1"),
            target("b:1"),
            target("b:1", scrapeUrl="http://10.0.0.2:1/metrics"),
            target("b:1", labels={"job": "node", "instance": "b:1"}),
        ]
    }
    assert server.problems() == [
        (
            "2 targets of the job kong have the instance b:1: http://10.0.0.2:1/metrics, "
            "http://b:1/metrics. Their counters cannot be told apart, so that bytes are counted "
            "wrong. Give each target its own instance."
        )
    ]


@pytest.mark.parametrize(
    ("quotas", "shown"),
    [
        ((BUN,), None),
        ((BUN, Quota("a", 1, {"consumer": Match(regex="acme.*")})), "a."),
        ((EACH, Quota("b", 1, for_each=("route", "consumer"))), "b, each."),
        (tuple(Quota(f"q{n}", 1, for_each=("consumer",)) for n in range(7)), "q4 and 2 more."),
    ],
)
def test_the_doubt_about_consumers_names_the_quotas_that_count_by_them(
    quotas: tuple[Quota, ...], shown: str | None
) -> None:
    found = [
        doubt.cause
        for doubt in doubts_of(Accounting(), quotas)
        if doubt.alert == names.CONSUMERS_NOT_COUNTED_ALERT
    ]
    assert len(found) == (shown is not None)
    assert all(cause.endswith(str(shown)) for cause in found)
