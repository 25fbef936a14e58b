"""The chart's objects are valid and safe."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.chart.rendering import (
    NAMESPACE,
    POSTGRESQL,
    QUOTAS,
    SQLITE,
    Chart,
    Object,
    Values,
    find,
    find_mistakes,
)

both = pytest.mark.parametrize("values", [SQLITE, POSTGRESQL], ids=["SQLite", "PostgreSQL"])


def pod_specs(objects: list[Object]) -> Iterator[dict[str, Any]]:
    for found in objects:
        if found["kind"] == "Deployment":
            yield found["spec"]["template"]["spec"]


@both
def test_helm_finds_nothing_to_complain_about(chart: Chart, values: Values) -> None:
    done = chart.helm(values, "lint", "--strict", "CHART")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 chart(s) failed" in done.stdout
    assert "[WARNING]" not in done.stdout


@both
def test_all_objects_fit_the_schemas_of_kubernetes_and_the_operator(
    chart: Chart, values: Values
) -> None:
    objects = chart.render(values)
    assert {found["kind"] for found in objects} >= {
        "AlertmanagerConfig",
        "ConfigMap",
        "Deployment",
        "NetworkPolicy",
        "PodDisruptionBudget",
        "PodMonitor",
        "PrometheusRule",
        "Service",
    }
    assert find_mistakes(objects) == ""


def test_the_schemas_refuse_unknown_keys_and_wrong_values(chart: Chart) -> None:
    objects = chart.render(SQLITE)
    find(objects, "Deployment", "-api")["spec"]["template"]["spec"]["containerz"] = []
    find(objects, "PodMonitor")["spec"]["podMetricsEndpoints"][0]["metricRelabelling"] = []
    find(objects, "AlertmanagerConfig")["spec"]["receivers"][0]["webhookConfigs"][0]["url"] = 1
    mistakes = find_mistakes(objects)
    for part in ("containerz", "metricRelabelling", "receivers[0].webhookConfigs[0].url"):
        assert part in mistakes


@both
def test_pods_run_without_privileges_and_write_nothing_but_their_volumes(
    chart: Chart, values: Values
) -> None:
    for spec in pod_specs(chart.render(values)):
        assert spec["automountServiceAccountToken"] is False
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["runAsUser"] == 10001
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in spec["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "capabilities": {"drop": ["ALL"]},
                "readOnlyRootFilesystem": True,
            }
            assert "memory" in container["resources"]["limits"]
            writable = {m["name"] for m in container["volumeMounts"] if not m.get("readOnly")}
            assert writable <= {"tmp", "outbox"}


def test_with_sqlite_webhook_and_delivery_are_one_pod_that_is_never_there_twice(
    chart: Chart,
) -> None:
    objects = chart.render(SQLITE)
    names = {found["metadata"]["name"] for found in objects if found["kind"] == "Deployment"}
    assert names == {"gateway-quotas-webhook", "gateway-quotas-api"}
    deployment = find(objects, "Deployment", "-webhook")["spec"]
    assert (deployment["replicas"], deployment["strategy"]) == (1, {"type": "Recreate"})
    containers = deployment["template"]["spec"]["containers"]
    assert [container["name"] for container in containers] == ["webhook", "delivery"]
    mounts = [{m["mountPath"] for m in container["volumeMounts"]} for container in containers]
    assert all("/var/lib/gateway" in paths for paths in mounts)
    claim = find(objects, "PersistentVolumeClaim")
    assert claim["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}
    budgets = [found for found in objects if found["kind"] == "PodDisruptionBudget"]
    assert [found["metadata"]["name"] for found in budgets] == ["gateway-quotas-api"]


def test_with_postgresql_webhook_and_delivery_are_deployments_without_a_volume(
    chart: Chart,
) -> None:
    objects = chart.render(POSTGRESQL)
    names = {found["metadata"]["name"] for found in objects if found["kind"] == "Deployment"}
    assert names == {f"gateway-quotas-{part}" for part in ("webhook", "delivery", "api")}
    assert not [found for found in objects if found["kind"] in ("PersistentVolumeClaim", "Secret")]
    assert find(objects, "Deployment", "-webhook")["spec"]["replicas"] == 2
    for spec in pod_specs(objects):
        (secrets,) = (v["secret"] for v in spec["volumes"] if v["name"] == "secrets")
        assert secrets["secretName"] == "my-secret"
        assert spec["imagePullSecrets"] == [{"name": "login"}]
        assert spec["containers"][0]["image"].startswith("registry.example.com/gateway/gateway-")


def test_each_part_sees_only_the_secrets_that_it_needs(chart: Chart) -> None:
    objects = chart.render(POSTGRESQL)
    keys = {
        found["metadata"]["name"].removeprefix("gateway-quotas-"): {
            item["key"]
            for volume in found["spec"]["template"]["spec"]["volumes"]
            if "secret" in volume
            for item in volume["secret"]["items"]
        }
        for found in objects
        if found["kind"] == "Deployment"
    }
    assert keys == {
        "webhook": {"webhook-token", "database-password", "mail-password"},
        "delivery": {"webhook-token", "database-password", "mail-password"},
        "api": {"webhook-token", "api-tokens"},
    }


def test_settings_of_the_user_win_over_those_of_the_chart(chart: Chart) -> None:
    objects = chart.render(POSTGRESQL)
    for part, days in (("-webhook", "30"), ("-delivery", "90")):
        spec = find(objects, "Deployment", part)["spec"]["template"]["spec"]
        environment = {entry["name"]: entry["value"] for entry in spec["containers"][0]["env"]}
        assert environment["RETENTION_DAYS"] == days


def test_files_to_log_in_to_prometheus_come_from_the_secret(chart: Chart) -> None:
    files = {"PROMETHEUS_HEADERS_FILE": "tenant", "PROMETHEUS_CA_FILE": "ca"}
    objects = chart.render({**POSTGRESQL, "prometheus": {"files": files}})
    for spec in pod_specs(objects):
        environment = {entry["name"]: entry["value"] for entry in spec["containers"][0]["env"]}
        (secrets,) = (v["secret"] for v in spec["volumes"] if v["name"] == "secrets")
        for name, key in files.items():
            assert environment[name] == f"/run/secrets/gateway/{key}"
            assert {"key": key, "path": key} in secrets["items"]


def test_quotas_reach_the_pods_as_they_are(chart: Chart) -> None:
    assert find(chart.render(SQLITE), "ConfigMap")["data"] == {"quotas.yaml": QUOTAS}
    changed = {**SQLITE, "quotas": {"existingConfigMap": "mine"}}
    objects = chart.render(changed)
    assert not [found for found in objects if found["kind"] == "ConfigMap"]
    for spec in pod_specs(objects):
        assert {"name": "quotas", "configMap": {"name": "mine"}} in spec["volumes"]


def test_only_alertmanager_and_the_api_may_reach_the_webhook(chart: Chart) -> None:
    objects = chart.render(POSTGRESQL)
    (rule,) = find(objects, "NetworkPolicy", "-webhook")["spec"]["ingress"]
    api, alertmanager = rule["from"]
    assert rule["ports"] == [{"port": "http"}]
    assert api["podSelector"]["matchLabels"]["app.kubernetes.io/component"] == "api"
    assert alertmanager["podSelector"]["matchLabels"] == {"app.kubernetes.io/name": "alertmanager"}
    assert find(objects, "NetworkPolicy", "-delivery")["spec"]["ingress"] == []
    ports = {
        port["port"]
        for rule in find(objects, "NetworkPolicy", "-delivery")["spec"]["egress"]
        for port in rule["ports"]
    }
    assert ports == {53, 9090, 5432, 587}


def test_what_is_missing_is_named(chart: Chart, empty_chart: Chart) -> None:
    assert "is missing in the chart; write" in empty_chart.refusal(SQLITE)
    for values, message in (
        ({**SQLITE, "mail": {}}, "mail.server is required"),
        ({**SQLITE, "secrets": {}}, "secrets.webhookToken is required"),
        ({**SQLITE, "web-hook": {}}, "web-hook"),
        ({**SQLITE, "webhook": {"replica": 2}}, "replica"),
    ):
        assert message in chart.refusal(values)


def test_an_alert_that_alertmanager_would_not_route_is_refused(empty_chart: Chart) -> None:
    empty_chart.fill(QUOTAS.replace(f"namespace: {NAMESPACE}", "namespace: other"))
    message = empty_chart.refusal(SQLITE)
    assert f"labels: {{namespace: {NAMESPACE}}}" in message
    config = {"matchesNamespace": False}
    assert empty_chart.render({**SQLITE, "alertmanagerConfig": config})
