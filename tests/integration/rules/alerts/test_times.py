"""How long alerts fire: between evaluations, and when a period ends."""

from pathlib import Path

from quotas import names
from tests.integration.rules.alerts.expectations import (
    HEAD,
    HOUR,
    LabelsAndAnnotations,
    alerts_firing,
)
from tests.integration.support.promtool import (
    Alerts,
    Case,
    Samples,
    chosen,
    counter,
    rules_of,
    run_rules,
    series,
    up,
)


def test_an_alert_lasts_between_evaluations_and_when_one_is_missed(
    tmp_path: Path,
) -> None:
    rules = rules_of(
        HEAD + "  - {name: a, period: {rolling: 7d}, limit: 10 kB, thresholds: [90]}\n"
    )
    # A long window is evaluated every five minutes; the evaluation at 15m is missing.
    labels = {"quota": "a", "calendar": "rolling:7d"}
    case = Case(
        {
            series(names.USED, **labels): " ".join(["9000 _x4"] * 3 + ["_x5"] + ["9000 _x4"] * 5),
            series(names.LIMIT, quota="a"): " ".join(
                ["10000 _x4"] * 3 + ["_x5"] + ["10000 _x4"] * 5
            ),
        },
        [alerts_firing(f"{minute}m", ("a", "90", "warning")) for minute in range(45)],
        interval="1m",
    )
    run_rules(tmp_path, chosen(rules, names.RATIO, names.USAGE_ALERT), [case])


def test_a_threshold_reached_in_the_last_step_of_a_period_alerts_for_that_period(
    tmp_path: Path,
) -> None:
    rules = rules_of(HEAD + "  - {name: a, period: hour, limit: 10 kB, thresholds: [100]}\n")
    # The counter grows at 00:59:55, in the step that began at 00:59:50 and is counted at 01:01.
    expected = (
        {**HOUR, "period": "1970010100", "threshold": "100", "severity": "warning"},
        {
            "summary": "a has used 110% of its limit",
            "description": "The quota a passed 100 % of its limit in period 1970010100.",
            "used_bytes": "11000",
            "limit_bytes": "10000",
            "ratio": "1.1",
            "forecast_bytes": "11000",
        },
    )
    case = Case(
        {up(): "1+0x1200", counter(): "_x24 9000+0x694 11000+0x300"},
        [
            Alerts(names.USAGE_ALERT, "60m", []),
            Alerts(names.USAGE_ALERT, "61m", [expected]),
            # The alert ends by itself, and the new hour starts from zero.
            Alerts(names.USAGE_ALERT, "90m", []),
        ],
        interval="5s",
    )
    run_rules(tmp_path, rules, [case])


def test_annotations_are_complete_as_long_as_the_alert_fires(tmp_path: Path) -> None:
    rules = rules_of(HEAD + "  - {name: a, period: hour, limit: 10 kB, thresholds: [100]}\n")
    # For some steps, the ratio of the old hour is read after its last value.
    query = f'ALERTS{{alertname="{names.USAGE_ALERT}", period="1970010100"}}'
    labels = {**HOUR, "period": "1970010100", "threshold": "100", "severity": "warning"}
    firing = {"__name__": "ALERTS", "alertname": names.USAGE_ALERT, "alertstate": "firing"}
    expected = {
        "summary": "a has used 110% of its limit",
        "description": "The quota a passed 100 % of its limit in period 1970010100.",
        "used_bytes": "11000",
        "limit_bytes": "10000",
        "ratio": "1.1",
        "forecast_bytes": "11000",
    }
    case = Case(
        {up(): "1+0x400", counter(): "_x8 11000+0x390"},
        [
            Samples(query, "63m", [({**firing, **labels}, 1)]),
            *(
                Alerts(names.USAGE_ALERT, f"{m}m", [(labels, expected)])
                for m in (59, 60, 61, 62, 63)
            ),
            Alerts(names.USAGE_ALERT, "90m", []),
        ],
    )
    run_rules(tmp_path, rules, [case])


def test_a_new_period_starts_without_alerts_and_those_of_the_old_period_end(
    tmp_path: Path,
) -> None:
    rules = rules_of(HEAD + "  - {name: a, period: hour, limit: 10 kB, thresholds: [90]}\n")

    def expected(period: str, forecast_bytes: str) -> LabelsAndAnnotations:
        return (
            {**HOUR, "period": period, "threshold": "90", "severity": "warning"},
            {
                "summary": "a has used 95% of its limit",
                "description": f"The quota a passed 90 % of its limit in period {period}.",
                "used_bytes": "9500",
                "limit_bytes": "10000",
                "ratio": "0.95",
                "forecast_bytes": forecast_bytes,
            },
        )

    case = Case(
        {up(): "1+0x900", counter(): "_x8 9500+0x391 19000+0x400"},
        [
            # In the first hour nothing moved in the last quarter. In the second, all bytes moved
            # at once.
            Alerts(names.USAGE_ALERT, "59m", [expected("1970010100", "9500")]),
            Alerts(names.USAGE_ALERT, "90m", []),
            Alerts(names.USAGE_ALERT, "110m", [expected("1970010101", "15833")]),
        ],
    )
    run_rules(tmp_path, rules, [case])
