"""The table of quotas in states that take days: forecasts, ended periods, and other engines."""

from pathlib import Path

import pytest

from deploy.grafana import queries
from quotas import names
from tests.integration.support.promtool import Case, Samples, run_rules, series

MONTH = {names.CALENDAR: "month", names.PERIOD: "202611"}
ENDED = MONTH | {names.PERIOD: "202610"}
ROLLING = {names.CALENDAR: "rolling-30d"}
OK, EXPECTED, THRESHOLD_REACHED, LIMIT_REACHED = 0, 1, 2, 3
AT = "1m"


def state(tmp_path: Path, *alerts: str, labels: dict[str, str], expected: int) -> None:
    """Fail unless a quota with some alerts is in a state; its last period has ended at 100 %."""
    quota = {names.QUOTA: "q"}
    everywhere = {
        series(names.USED, **quota, **labels): "5x9",
        series(names.USED, **quota, **ENDED): "9x9",
        firing(names.USAGE_ALERT, "100", ENDED): "1x9",
        series(names.PERIOD_ELAPSED, **MONTH): "1x9",
        **dict.fromkeys(alerts, "1x9"),
    }
    wanted = Samples(queries.STATE, AT, [(quota | labels, expected)])
    run_rules(tmp_path, {"none.yml": "groups: []"}, [Case(everywhere, [wanted])])


def firing(alert: str, threshold: str, labels: dict[str, str], **more: str) -> str:
    added = {"alertname": alert, "alertstate": "firing", names.QUOTA: "q", names.SEVERITY: "x"}
    of_threshold = {names.THRESHOLD: threshold} if threshold else {}
    return series("ALERTS", **(added | of_threshold | labels | more))


@pytest.mark.parametrize("labels", [MONTH, ROLLING], ids=["month", "rolling"])
def test_the_highest_threshold_that_fires_decides(tmp_path: Path, labels: dict[str, str]) -> None:
    near, over = (firing(names.USAGE_ALERT, at, labels) for at in ("99.5", "150"))
    state(tmp_path, labels=labels, expected=OK)
    state(tmp_path, near, labels=labels, expected=THRESHOLD_REACHED)
    state(tmp_path, near, over, labels=labels, expected=LIMIT_REACHED)


def test_a_forecast_above_the_limit_is_a_state_unless_a_threshold_is_reached(
    tmp_path: Path,
) -> None:
    forecast = firing(names.FORECAST_ALERT, "", MONTH)
    reached = firing(names.USAGE_ALERT, "80", MONTH)
    state(tmp_path, forecast, labels=MONTH, expected=EXPECTED)
    state(tmp_path, forecast, reached, labels=MONTH, expected=THRESHOLD_REACHED)


def test_labels_that_an_engine_adds_change_nothing(tmp_path: Path) -> None:
    reached = firing(names.USAGE_ALERT, "80", MONTH, alertgroup="gateway-quotas", ruler="r0")
    state(tmp_path, reached, labels=MONTH, expected=THRESHOLD_REACHED)
