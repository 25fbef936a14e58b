"""Examples of how to set up and scrape gateways agree with the files that production uses."""

import re
from pathlib import Path
from typing import Any
from uuid import UUID

import yaml

from quotas import names

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "gateways.md").read_text(encoding="utf-8")
COMPOSE = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
NODE_ID = "KONG_NODE_ID"
CHANGES_THE_JOB = {
    "source_labels": ["__meta_kubernetes_pod_container_port_name"],
    "regex": "status",
    "target_label": "job",
    "replacement": names.GATEWAY_JOB,
}


def scrape_job() -> dict[str, Any]:
    text = (ROOT / "prometheus" / "prometheus.yml").read_text(encoding="utf-8")
    jobs = yaml.safe_load(text)["scrape_configs"]
    (job,) = (job for job in jobs if job["job_name"] == names.GATEWAY_JOB)
    found: dict[str, Any] = job
    return found


def operator_endpoint() -> dict[str, Any]:
    """Return the block of the page that is for the Prometheus Operator."""
    blocks = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    (block,) = (block for block in blocks if "metricRelabelings" in block)
    found: dict[str, Any] = yaml.safe_load(block)
    return found


def rules_of_prometheus(rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rules in the Operator's spelling (sourceLabels) as Prometheus spells them."""
    return [
        {re.sub("[A-Z]", lambda found: f"_{found[0].lower()}", key): rule[key] for key in rule}
        for rule in rules
    ]


def test_the_operator_relabels_as_prometheus_yml_does_and_names_the_job() -> None:
    endpoint, job = operator_endpoint(), scrape_job()
    assert set(endpoint) == {"relabelings", "metricRelabelings"}
    relabelings = rules_of_prometheus(endpoint["relabelings"])
    assert relabelings == [CHANGES_THE_JOB, *job["relabel_configs"]]
    metric_relabelings = rules_of_prometheus(endpoint["metricRelabelings"])
    assert metric_relabelings == job["metric_relabel_configs"]


def test_the_gateway_of_the_containers_has_one_node_id_at_every_start() -> None:
    settings = (ROOT / "local.env").read_text(encoding="utf-8")
    (node_id,) = re.findall(rf"^{NODE_ID}=(.*)$", settings, re.MULTILINE)
    assert str(UUID(node_id)) == node_id
    environment = yaml.safe_load(COMPOSE)["services"]["kong"]["environment"]
    assert environment[NODE_ID] == f"${{{NODE_ID}:-{node_id}}}"


def test_the_gateway_of_the_containers_has_the_recommended_room_for_counters() -> None:
    environment = yaml.safe_load(COMPOSE)["services"]["kong"]["environment"]
    name = "KONG_NGINX_HTTP_LUA_SHARED_DICT"
    assert f"{name}='{environment[name]}'" in PAGE
