"""Testing the alerts about doubts, which read nothing that other rules record but alerts."""

from pathlib import Path

from quotas.file.loading import parse_quotas
from quotas.rule_files.rendering import render
from quotas.rule_files.rule import Group, RuleFile
from quotas.rules.pipeline import pipeline_alerts
from tests.integration.rules.alerts.expectations import ONE_QUOTA
from tests.integration.support.promtool import Case, Samples, run_rules

PIPELINE = "gateway-pipeline.yml"


def firing(alert: str, at: str, *instances: str, alerts: int = 1) -> Samples:
    """Expect that an alert fires at a time for these instances only; for "" without an instance.

    Each instance has this number of alerts.
    """
    query = f'count by (instance) (ALERTS{{alertname="{alert}", alertstate="firing"}})'
    expected = [({"instance": name} if name else {}, alerts) for name in instances]
    return Samples(query, at, expected)


def pipeline_of(quotas: str) -> str:
    """Return the rule file with the pipeline alerts of a quotas.yaml."""
    parsed = parse_quotas(quotas.encode())
    alerts = pipeline_alerts(parsed.accounting, parsed.quotas)
    return render(RuleFile(PIPELINE.removesuffix(".yml"), [Group("pipeline", 60, alerts)]))


def run_pipeline(folder: Path, *cases: Case, quotas: str = ONE_QUOTA) -> None:
    """Fail unless the pipeline alerts of these quotas are as expected in each case."""
    run_rules(folder, {PIPELINE: pipeline_of(quotas)}, cases)
