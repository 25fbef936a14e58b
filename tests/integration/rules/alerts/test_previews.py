"""The payloads of test mails have the alerts that fire, in Prometheus's own engine."""

from datetime import UTC, datetime
from pathlib import Path

from quotas import names
from quotas.calendars import HOUR, period_of
from quotas.file.loading import parse_quotas
from tests.integration.rules.alerts.expectations import LabelsAndAnnotations
from tests.integration.support.promtool import Alerts, Case, counter, rules_of, run_rules, up
from webhook.alerts.payload import parse_payload
from webhook.preview.alerts import make_steps
from webhook.preview.numbers import Numbers

QUOTAS = """\
version: 1
runbook_url: https://example.com/runbook
accounting: {catch_up: false}
defaults: {notify: [ops@example.com], period: hour}
quotas:
  - {name: a, service: bun, for_each: consumer, limit: 8 kB, labels: {team: bun}, forecast: true}
"""


def test_a_test_mail_is_made_of_the_alert_that_fires(tmp_path: Path) -> None:
    quotas = parse_quotas(QUOTAS.encode())
    used_bytes, to_come_bytes = 19 * 400, 40 * 400
    period = period_of(HOUR, "1970010102")
    numbers = Numbers({"consumer": "acme"}, used_bytes, period, to_come_bytes)
    now = datetime(1970, 1, 1, 2, 20, tzinfo=UTC)
    steps = {step.name: step for step in make_steps(quotas.quotas[0], quotas, numbers, now)}
    assert {name for name, step in steps.items() if step.is_real} == {"90 %", "forecast"}

    def alert_of(name: str, summary: str, description: str) -> LabelsAndAnnotations:
        [alert] = parse_payload(steps[name].body).alerts
        texts = {names.SUMMARY: summary, names.DESCRIPTION: description}
        return dict(alert.labels), {**alert.annotations, **texts}

    def usage_alert(percent: int) -> LabelsAndAnnotations:
        description = f"The quota a passed {percent} % of its limit in period 1970010102."
        return alert_of(f"{percent} %", "a has used 95% of its limit", description)

    forecast_alert = alert_of(
        "forecast",
        "a is expected to pass its limit",
        "At the recent pace a reaches 23.6kB by the end of period 1970010102.",
    )
    # The test mail about 80 % has example numbers, because more is used.
    lower, higher = (usage_alert(percent) for percent in (80, 90))
    lower = (lower[0], higher[1] | {names.DESCRIPTION: lower[1][names.DESCRIPTION]})
    case = Case(
        {up(): "1+0x900", counter(service="bun", consumer="acme"): "1000+100x900"},
        [
            Alerts(names.USAGE_ALERT, "140m", [lower, higher]),
            Alerts(names.FORECAST_ALERT, "140m", [forecast_alert]),
        ],
    )
    run_rules(tmp_path, rules_of(QUOTAS), [case])
