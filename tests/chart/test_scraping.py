"""The PodMonitor in a real Prometheus: counters of pods get the shape that rules know."""

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml

from quotas import names
from tests.chart.rendering import ROOT, SQLITE, Chart, find
from tests.integration.gateway import client
from tests.integration.gateway.client import Gateway, address, read_to_the_end, request
from tests.integration.support.polling import poll
from tests.integration.support.prometheus import Labels, Server, with_config

META = "__meta_kubernetes_"
# What discovery knows of a pod of Kong, and the Operator's rules make of it.
POD = {
    f"{META}namespace": "kong",
    f"{META}pod_container_name": "proxy",
    f"{META}pod_container_port_name": "status",
    f"{META}pod_label_app_kubernetes_io_name": "kong",
    f"{META}pod_phase": "Running",
}
OF_OPERATOR = [
    {
        "source_labels": [f"{META}pod_label_app_kubernetes_io_name"],
        "regex": "kong",
        "action": "keep",
    },
    {"source_labels": [f"{META}pod_container_port_name"], "regex": "status", "action": "keep"},
    {"source_labels": [f"{META}namespace"], "target_label": "namespace"},
    {"source_labels": [f"{META}pod_container_name"], "target_label": "container"},
    {"source_labels": [f"{META}pod_name"], "target_label": "pod"},
    {"target_label": "job", "replacement": "monitoring/gateway-quotas-kong"},
    {"target_label": "endpoint", "replacement": "status"},
]
# The same as with ServiceMonitors, which also set the label service, and without relabelings.
OF_SERVICE = [*OF_OPERATOR, {"target_label": "service", "replacement": "kong-status"}]
EGRESS = f'{names.GATEWAY_BYTES}{{direction="egress"}}'


def rules_of_prometheus(rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rules in the Operator's spelling (sourceLabels) as Prometheus spells them."""
    return [
        {re.sub("[A-Z]", lambda found: f"_{found[0].lower()}", key): rule[key] for key in rule}
        for rule in rules
    ]


def endpoint_of(chart: Chart) -> dict[str, Any]:
    (endpoint,) = find(chart.render(SQLITE), "PodMonitor")["spec"]["podMetricsEndpoints"]
    found: dict[str, Any] = endpoint
    return found


def scrape_job(chart: Chart, name: str, first: list[Any], pods: Mapping[str, str]) -> Any:
    """Return the job that the Operator makes, for pods by their addresses."""
    endpoint = endpoint_of(chart)
    relabelings = [] if first is OF_SERVICE else endpoint["relabelings"]
    return {
        "job_name": name,
        "honor_labels": endpoint.get("honorLabels", False),
        "scrape_interval": "1s",
        "scrape_timeout": "1s",
        "metrics_path": endpoint["path"],
        "static_configs": [
            {"targets": [target], "labels": {**POD, f"{META}pod_name": pod}}
            for target, pod in pods.items()
        ],
        "relabel_configs": [*first, *rules_of_prometheus(relabelings)],
        "metric_relabel_configs": rules_of_prometheus(endpoint["metricRelabelings"]),
    }


@pytest.fixture(scope="module")
def gateways() -> Iterator[list[Gateway]]:
    """Return two gateways, as two replicas of Kong; each has moved some bytes."""
    with ExitStack() as stack:
        found = [stack.enter_context(client.running()) for _ in range(2)]
        for gateway in found:
            with gateway.connect() as connection:
                connection.sendall(request("GET", "/bun", last=True))
                read_to_the_end(connection)
            gateway.counted()
            gateway.metrics()
        yield found


@pytest.fixture(scope="module")
def prometheus(
    chart: Chart, gateways: list[Gateway], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """Return a Prometheus that scrapes them as two PodMonitors say."""
    pods = {
        "{}:{}".format(*address(gateway.status)): f"kong-{number}"
        for number, gateway in enumerate(gateways)
    }
    monitored = scrape_job(chart, "podMonitor/monitoring/gateway-quotas-kong/0", OF_OPERATOR, pods)
    # A port that Kong's proxy listens on, which must not be a target.
    other_port = {**POD, f"{META}pod_container_port_name": "proxy"}
    proxy = "{}:{}".format(*address(gateways[0].proxy))
    monitored["static_configs"].append({"targets": [proxy], "labels": other_port})
    with_service = scrape_job(chart, "serviceMonitor/kong/kong/0", OF_SERVICE, pods)
    folder: Path = tmp_path_factory.mktemp("prometheus")
    with with_config(folder, {"scrape_configs": [monitored, with_service]}) as server:
        poll(
            lambda: len(server.query(EGRESS, time.time())) == 4,
            "the gateways were not scraped",
        )
        yield server


def series(server: Server, query: str) -> list[Labels]:
    return [labels for labels, _ in server.query(query, time.time())]


def test_the_chart_relabels_as_prometheus_yml_does_and_names_the_job(chart: Chart) -> None:
    config = yaml.safe_load((ROOT / "prometheus" / "prometheus.yml").read_text(encoding="utf-8"))
    (job,) = (job for job in config["scrape_configs"] if job["job_name"] == names.GATEWAY_JOB)
    endpoint = endpoint_of(chart)
    names_job = {"target_label": "job", "replacement": names.GATEWAY_JOB}
    relabelings = rules_of_prometheus(endpoint["relabelings"])
    assert relabelings == [names_job, *job["relabel_configs"]]
    metric_relabelings = rules_of_prometheus(endpoint["metricRelabelings"])
    assert metric_relabelings == job["metric_relabel_configs"]
    assert "honorLabels" not in endpoint


def test_each_replica_is_a_target_of_its_own_under_the_job_that_rules_know(
    prometheus: Server, gateways: list[Gateway]
) -> None:
    targets = series(prometheus, f'up{{job="{names.GATEWAY_JOB}"}} == 1')
    assert {target["pod"] for target in targets} == {"kong-0", "kong-1"}
    assert {target["instance"] for target in targets} == {
        "{}:{}".format(*address(gateway.status)) for gateway in gateways
    }
    expected = {"namespace": "kong", "container": "proxy", "endpoint": "status"}
    for target in targets:
        assert expected.items() <= target.items()


def test_counters_have_the_labels_of_kong_and_the_bytes_of_each_replica(
    prometheus: Server, gateways: list[Gateway]
) -> None:
    found = {
        labels["pod"]: (labels, value)
        for labels, value in prometheus.query(
            f'{names.GATEWAY_BYTES}{{job="{names.GATEWAY_JOB}", direction="egress"}}', time.time()
        )
    }
    for number, gateway in enumerate(gateways):
        labels, value = found[f"kong-{number}"]
        assert value == gateway.counted()["bun-route", "", "egress"]
        kong = {"service": "bun-service", "route": "bun-route", "workspace": "default"}
        assert kong.items() <= labels.items()
        assert not [name for name in labels if name.startswith("exported_") or name == "type"]


def test_without_the_relabelings_of_targets_exported_labels_are_brought_back(
    prometheus: Server,
) -> None:
    found = series(prometheus, f'{names.GATEWAY_BYTES}{{job!="{names.GATEWAY_JOB}"}}')
    assert found
    for labels in found:
        assert labels["service"] == "bun-service"
        assert not [name for name in labels if name.startswith("exported_")]
    # What Kong does not expose has the label of the target.
    nodes = series(prometheus, f'kong_node_info{{job!="{names.GATEWAY_JOB}"}}')
    assert {labels["service"] for labels in nodes} == {"kong-status"}
