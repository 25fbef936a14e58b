"""The alert about missed evaluations, which are holes in what the rules recorded."""

from pathlib import Path

import pytest

from quotas import names
from tests.integration.rules.alerts.doubts import PIPELINE, firing, pipeline_of
from tests.integration.rules.alerts.expectations import ONE_QUOTA
from tests.integration.support.promtool import Case, run_rules, series

MISSED = names.EVALUATIONS_MISSED_ALERT
# What another Prometheus recorded, which had the same rules.
WATCHDOG = series("ALERTS", alertname=names.WATCHDOG_ALERT, alertstate="firing", severity="none")


def run(
    folder: Path,
    recorded: str,
    *expected: tuple[str, bool],
    quotas: str = ONE_QUOTA,
    name: str = "",
) -> None:
    """Fail unless the alert fires as expected at each time, given recorded samples by the minute.

    The watchdog of the rules is renamed. Otherwise promtool would record it without a hole.
    """
    rules = pipeline_of(quotas)
    watchdog = f"- alert: {names.WATCHDOG_ALERT}\n"
    assert watchdog in rules
    case = Case(
        {WATCHDOG: recorded},
        [firing(MISSED, at, *([""] if fires else [])) for at, fires in expected],
        interval="1m",
        name=name,
    )
    run_rules(folder, {PIPELINE: rules.replace(watchdog, "- alert: Another\n")}, [case])


@pytest.mark.parametrize("missing", [4, 20, 90, 600])
def test_missed_evaluations_are_alerted_until_an_hour_and_a_quarter_after_them(
    tmp_path: Path, missing: int
) -> None:
    back = 100 + missing
    run(
        tmp_path,
        f"1+0x100 _x{missing} 1+0x900",
        ("90m", False),
        (f"{back + 7}m", True),
        (f"{back + 50}m", True),
        (f"{back + 77}m", False),
    )


@pytest.mark.parametrize(
    ("why", "recorded"),
    [
        ("none is missing", "1+0x300"),
        ("Prometheus was restarted", "1+0x100 _x2 1+0x200"),
        ("the rules are new", "_x30 1+0x270"),
    ],
)
def test_ordinary_evaluations_are_not_alerted(tmp_path: Path, why: str, recorded: str) -> None:
    expected = [(f"{minute}m", False) for minute in range(0, 300, 7)]
    run(tmp_path, recorded, *expected, name=why)


def test_the_number_of_evaluations_follows_from_the_resolution(tmp_path: Path) -> None:
    rules = pipeline_of(ONE_QUOTA.replace("{catch_up", "{resolution: 30s, catch_up"))
    assert "120 - max(count_over_time(" in rules
    slow = ONE_QUOTA.replace("{catch_up", "{resolution: 5m, catch_up")
    run(tmp_path, "1 _x4 " * 60, ("90m", False), ("200m", False), quotas=slow)
    run(tmp_path, "1 _x4 " * 20 + "_x20 " + "1 _x4 " * 20, ("122m", True), quotas=slow)
