"""The chart has the rules that generate_rules.py wrote, and Prometheus accepts them."""

from pathlib import Path

import yaml

from quotas import names
from tests.chart.rendering import NAMESPACE, SQLITE, Chart
from tests.integration.support.prometheus import run_promtool


def test_the_objects_have_the_generated_rules_which_promtool_accepts(
    chart: Chart, tmp_path: Path
) -> None:
    rendered = {
        found["metadata"]["name"]: found["spec"]
        for found in chart.render(SQLITE)
        if found["kind"] == "PrometheusRule"
    }
    generated = {
        path.stem: yaml.safe_load(path.read_text())["spec"]
        for path in (chart.folder / "files" / "rules").iterdir()
    }
    assert rendered == generated
    assert sorted(rendered) == ["gateway-pipeline", "gateway-quotas", "gateway-quotas-rolling-30d"]
    for name, spec in rendered.items():
        path = tmp_path / f"{name}.yml"
        path.write_text(yaml.safe_dump(spec))
        run_promtool("check", "rules", path)


def test_every_alert_has_the_namespace_by_which_alertmanager_routes(chart: Chart) -> None:
    alerts = [
        rule
        for found in chart.render(SQLITE)
        if found["kind"] == "PrometheusRule"
        for group in found["spec"]["groups"]
        for rule in group["rules"]
        if "alert" in rule
    ]
    assert {names.WATCHDOG_ALERT, names.USAGE_ALERT} <= {alert["alert"] for alert in alerts}
    assert {alert["labels"]["namespace"] for alert in alerts} == {NAMESPACE}
