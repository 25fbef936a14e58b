"""Testing the alerts about doubts, which read nothing that other rules record but alerts."""

from pathlib import Path

from tests.integration.rules.alerts.expectations import ONE_QUOTA
from tests.integration.support.promtool import Case, Samples, rules_of, run_rules

PIPELINE = "gateway-pipeline.yml"


def firing(alert: str, at: str, *instances: str, alerts: int = 1) -> Samples:
    """Expect that an alert fires at a time for these instances only; for "" without an instance.

    Each instance has this number of alerts.
    """
    query = f'count by (instance) (ALERTS{{alertname="{alert}", alertstate="firing"}})'
    expected = [({"instance": name} if name else {}, alerts) for name in instances]
    return Samples(query, at, expected)


def run_pipeline(folder: Path, *cases: Case, quotas: str = ONE_QUOTA) -> None:
    """Fail unless the pipeline alerts of these quotas are as expected in each case."""
    run_rules(folder, {PIPELINE: rules_of(quotas)[PIPELINE]}, cases)
