"""Real gateways in doubtful states: an alert fires for each, and ``--verify`` prints a line."""

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

import generate_rules
from quotas import names
from quotas.accounting_options import Accounting
from quotas.model import Match, Quota, QuotaFile
from tests.integration.rules.doubts.conftest import TIMEOUT_SECONDS, StartGateway
from tests.integration.rules.doubts.fleet import Targets, exposing, load_balancer, scraped
from tests.integration.support.polling import poll
from tests.integration.support.prometheus import Server, fill, samples

# A short tolerance, within which a node must come back.
GAP_SECONDS = 20
QUOTAS = QuotaFile(
    Accounting(resolution_seconds=1, scrape_delay_seconds=1, gap_tolerance_seconds=GAP_SECONDS),
    (),
    (Quota("acme", 1, {"consumer": Match(("acme",))}),),
)
NO_RELABELLING: dict[str, object] = {"relabel_configs": [], "metric_relabel_configs": []}
# Relabelling makes both counters kong_bandwidth_bytes.
TWO_NAMES = """\
kong_bandwidth{service="bun",route="r",type="egress"} 10
kong_bandwidth_bytes{service="bun",route="r",direction="egress"} 20
kong_nginx_requests_total{subsystem="http"} 4
"""
HEALTHY = "healthy:8100"
OTHERS = (names.WATCHDOG_ALERT, names.RULES_FAILING_ALERT)


@dataclass(frozen=True)
class Fleet:
    """A running Prometheus, and the instance of the gateway in each doubtful state."""

    server: Server
    instances: Mapping[str, tuple[str, ...]]
    healthy_status: str

    def firing(self, alert: str) -> set[str]:
        """Return the instances for which an alert fires."""
        query = f'ALERTS{{alertname="{alert}", alertstate="firing"}}'
        found = self.server.query(query, time.time())
        return {labels.get("instance", "") for labels, _ in found}

    def doubts_about(self, instance: str) -> set[str]:
        """Return the alerts that fire for an instance."""
        query = f'ALERTS{{instance="{instance}", alertstate="firing"}}'
        return {labels["alertname"] for labels, _ in self.server.query(query, time.time())}


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory, start_gateway: StartGateway) -> Iterator[Fleet]:
    """Return gateways in all doubtful states, and a healthy one, scraped by one Prometheus."""
    _, healthy = start_gateway()
    _, twice = start_gateway()
    again = twice.replace("127.0.0.1", "localhost")
    _, full = start_gateway("--dictionary-size", "48k", consumers=60)
    # Kong 2 keeps its gauges in the dictionary too, and has no room for them here.
    _, unable = start_gateway("--kong", "2.7", "--dictionary-size", "16k")
    _, moved = start_gateway()
    _, unknown = start_gateway("--kong", "2.7")
    _, kong_2 = start_gateway("--kong", "2.7")
    with ExitStack() as stack:
        behind = stack.enter_context(load_balancer(start_gateway()[1], start_gateway()[1]))
        dropped = stack.enter_context(exposing(lambda: TWO_NAMES))
        targets = [
            Targets([healthy], {"instance": HEALTHY}),
            Targets([twice, again]),
            Targets([behind]),
            Targets([start_gateway()[1]], {"instance": "same:8100", "pod": "x"}),
            Targets([start_gateway()[1]], {"instance": "same:8100", "pod": "y"}),
            Targets([full, unable]),
            Targets([moved], {"service": "metrics"}, NO_RELABELLING),
            Targets([unknown], changes=NO_RELABELLING),
            Targets([dropped, kong_2]),
        ]
        folder = tmp_path_factory.mktemp("prometheus")
        server = stack.enter_context(scraped(folder, QUOTAS, targets))
        instances = {
            names.SCRAPED_TWICE_ALERT: (twice, again),
            # Targets with equal labels look like several nodes too.
            names.SEVERAL_NODES_ALERT: (behind, "same:8100"),
            names.TARGETS_COLLIDE_ALERT: ("same:8100",),
            names.DICTIONARY_FULL_ALERT: (full,),
            names.METRIC_ERRORS_ALERT: (unable,),
            names.LABELS_UNKNOWN_ALERT: (moved,),
            names.NAME_UNKNOWN_ALERT: (unknown,),
            names.SAMPLES_DROPPED_ALERT: (dropped,),
            names.CONSUMERS_NOT_COUNTED_ALERT: (kong_2, unknown),
        }
        yield Fleet(server, instances, healthy)


def verified(
    server: Server, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> list[str]:
    """Return the lines that ``--verify`` prints about what is wrong."""
    monkeypatch.setattr(generate_rules, "load_quotas", lambda _: QUOTAS)
    monkeypatch.setattr("quotas.prometheus.checks.alertmanager.SECONDS_BETWEEN_ATTEMPTS", 0)
    assert generate_rules.main(["--quotas", "unread", "--verify", server.url]) == 1
    lines = capsys.readouterr().out.splitlines()
    return [line.removeprefix("wrong ") for line in lines if line.startswith("wrong ")]


@pytest.mark.parametrize(
    ("alert", "line"),
    [
        (
            names.SCRAPED_TWICE_ALERT,
            "Gateway {} has the same node id as another target. Several targets answer as node ",
        ),
        (names.SEVERAL_NODES_ALERT, "Several gateways seem to answer at {}. "),
        (
            names.TARGETS_COLLIDE_ALERT,
            "2 targets of the job kong have the instance {}: http://",
        ),
        (
            names.DICTIONARY_FULL_ALERT,
            "The counters of gateway {} take 100 % of their memory. ",
        ),
        (names.METRIC_ERRORS_ALERT, "Gateway {} cannot count all of its metrics. "),
        (
            names.LABELS_UNKNOWN_ALERT,
            "Counters of gateway {} have other labels than the rules know. ",
        ),
        (names.NAME_UNKNOWN_ALERT, "Gateway {} exposes its bytes as kong_bandwidth. "),
        (names.SAMPLES_DROPPED_ALERT, "Prometheus drops samples of gateway {}. "),
        (
            names.CONSUMERS_NOT_COUNTED_ALERT,
            "Gateway {} does not count by consumer. It is Kong 2, ",
        ),
    ],
)
def test_a_doubtful_gateway_is_alerted_and_reported(
    fleet: Fleet,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    alert: str,
    line: str,
) -> None:
    instances = fleet.instances[alert]
    poll(lambda: fleet.firing(alert) >= set(instances), f"{alert} does not fire for {instances}")
    found = verified(fleet.server, capsys, monkeypatch)
    for instance in instances:
        assert [text for text in found if text.startswith(line.format(instance))]


def test_a_healthy_gateway_is_not_doubted_after_a_restart(fleet: Fleet) -> None:
    status = f"http://{fleet.healthy_status}"

    def nodes() -> set[str]:
        query = f'present_over_time(kong_node_info{{instance="{HEALTHY}"}}[{GAP_SECONDS}s])'
        return {labels["node_id"] for labels, _ in fleet.server.query(query, time.time())}

    old = requests.get(f"{status}/truth", timeout=TIMEOUT_SECONDS).json()["node_id"]
    poll(lambda: old in nodes(), "the old node was not scraped")
    requests.post(f"{status}/restart", timeout=TIMEOUT_SECONDS).raise_for_status()
    poll(lambda: nodes() - {old}, "the new node was not scraped")
    assert fleet.doubts_about(HEALTHY) == set()
    poll(lambda: old not in nodes(), "the old node did not go")
    ever = f'max_over_time(ALERTS{{instance="{HEALTHY}"}}[{2 * GAP_SECONDS}s])'
    assert fleet.server.query(ever, time.time()) == []


def test_targets_that_differ_in_no_label_are_alerted_and_reported(
    tmp_path: Path,
    start_gateway: StartGateway,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    addresses = sorted(start_gateway()[1] for _ in range(2))
    gateways = Targets(addresses, {"instance": "same:8100"})
    with scraped(tmp_path, QUOTAS, [gateways], watch_itself=True) as server:
        fleet = Fleet(server, {}, "")
        poll(lambda: fleet.firing(names.TARGETS_COLLIDE_ALERT) == {""}, "no alert fires")
        first, second = (f"http://{address}/metrics" for address in addresses)
        expected = f"2 targets of the job kong have the instance same:8100: {first}, {second}. "
        found = verified(server, capsys, monkeypatch)
    assert [text for text in found if text.startswith(expected)]


@pytest.mark.parametrize(("stopped_seconds", "alerts"), [(1_200, {""}), (30, set())])
def test_evaluations_that_prometheus_missed_are_alerted_and_reported(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    stopped_seconds: int,
    alerts: set[str],
) -> None:
    labels = {"alertname": names.WATCHDOG_ALERT, "alertstate": "firing", "severity": "none"}
    now = int(time.time())
    before = ((at, 1.0) for at in range(now - 7_200, now - stopped_seconds))
    fill(tmp_path, samples("ALERTS", labels, before))
    with scraped(tmp_path, QUOTAS, []) as server:
        watched = Fleet(server, {}, "")
        # The watchdog comes last: when it fires, all other alerts have been evaluated.
        poll(lambda: watched.firing(names.WATCHDOG_ALERT), "no rules are evaluated")
        assert watched.firing(names.EVALUATIONS_MISSED_ALERT) == alerts
        found = verified(server, capsys, monkeypatch)
    line = "Prometheus missed evaluations of the quota rules. Within the last hour, "
    assert [text.startswith(line) for text in found].count(True) == len(alerts)
