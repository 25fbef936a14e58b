"""Alerts at the thresholds of quotas, in Prometheus's own engine."""

from pathlib import Path

import pytest

from quotas import names
from tests.integration.rules.alerts.expectations import (
    HEAD,
    MONTH,
    ONE_QUOTA,
    LabelsAndAnnotations,
    alerts_firing,
    forecast,
    moved,
    usage_alert,
)
from tests.integration.support.promtool import (
    Alerts,
    Case,
    counter,
    rules_of,
    run_rules,
    up,
)


@pytest.mark.parametrize(
    ("used_bytes", "shown", "ratio", "passed"),
    [
        (0, "0%", "0", []),
        (7_999, "79.99%", "0.7999", []),
        (8_000, "80%", "0.8", [80]),
        (8_999, "89.99%", "0.8999", [80]),
        (9_000, "90%", "0.9", [80, 90]),
        (10_000, "100%", "1", [80, 90, 100]),
        (12_500, "125%", "1.25", [80, 90, 100]),
    ],
)
def test_an_alert_fires_for_each_threshold_that_is_reached_and_no_other(
    tmp_path: Path, used_bytes: int, shown: str, ratio: str, passed: list[int]
) -> None:
    expected = [usage_alert(percent, used_bytes, shown, ratio) for percent in passed]
    case = Case(moved(used_bytes), [Alerts(names.USAGE_ALERT, "10m", expected)])
    run_rules(tmp_path, rules_of(ONE_QUOTA), [case])


def test_several_thresholds_that_are_reached_in_one_step_fire_at_once(tmp_path: Path) -> None:
    expected = [usage_alert(percent, 11_000, "110%", "1.1", minutes=3) for percent in (80, 90, 100)]
    # The counter appears at 2m, in the step that ends then. That step is evaluated at 3m.
    case = Case(
        moved(11_000),
        [Alerts(names.USAGE_ALERT, "2m", []), Alerts(names.USAGE_ALERT, "3m", expected)],
    )
    run_rules(tmp_path, rules_of(ONE_QUOTA), [case])


def test_annotations_have_all_digits_of_large_numbers(tmp_path: Path) -> None:
    rules = rules_of(HEAD + "  - {name: a, limit: 8 PB, thresholds: [100]}\n")
    expected = (
        {**MONTH, "threshold": "100", "severity": "warning"},
        {
            "summary": "a has used 112.6% of its limit",
            "description": "The quota a passed 100 % of its limit in period 197001.",
            "used_bytes": "9007199254740991",
            "limit_bytes": "8000000000000000",
            "ratio": "1.1258999068426239",
            "forecast_bytes": forecast(9_007_199_254_740_991, 10),
        },
    )
    case = Case(moved(9_007_199_254_740_991), [Alerts(names.USAGE_ALERT, "10m", [expected])])
    run_rules(tmp_path, rules, [case])


def test_each_quota_has_alerts_at_its_own_thresholds(tmp_path: Path) -> None:
    rules = rules_of(
        HEAD
        + "  - {name: a, limit: 10 kB, thresholds: [57, 250]}\n"
        + "  - {name: a.b, limit: 10 kB, thresholds: [50]}\n"
        + "  - {name: axb, limit: 10 kB, thresholds: [70]}\n"
    )

    def expected(quota: str, percent: int) -> LabelsAndAnnotations:
        return (
            {**MONTH, "quota": quota, "threshold": str(percent), "severity": "warning"},
            {
                "summary": f"{quota} has used 57% of its limit",
                "description": f"The quota {quota} passed {percent} % "
                "of its limit in period 197001.",
                "used_bytes": "5700",
                "limit_bytes": "10000",
                "ratio": "0.57",
                "forecast_bytes": forecast(5_700, 10),
            },
        )

    alerts = Alerts(names.USAGE_ALERT, "10m", [expected("a", 57), expected("a.b", 50)])
    run_rules(tmp_path, rules, [Case(moved(5_700), [alerts])])


def test_a_threshold_has_its_own_severity_or_that_of_the_default_threshold_below(
    tmp_path: Path,
) -> None:
    severities = "severities: {info: info, critical: page}\n"
    rules = rules_of(
        severities + HEAD + "  - {name: a, limit: 10 kB, thresholds: [1.5, 85, 99.99, 110, 112]}\n"
        "  - name: b\n    limit: 10 kB\n    thresholds:\n"
        "      - {percent: 50, severity: critical}\n      - {percent: 100, severity: info}\n"
        "      - 91\n"
    )
    expected = [
        ("a", "1.5", "info"),
        ("a", "85", "info"),
        ("a", "99.99", "warning"),
        ("a", "110", "page"),
        ("b", "50", "page"),
        ("b", "91", "warning"),
        ("b", "100", "info"),
    ]
    run_rules(tmp_path, rules, [Case(moved(11_000), [alerts_firing("10m", *expected)])])


def test_each_entry_of_a_quota_with_for_each_has_alerts_with_its_own_numbers(
    tmp_path: Path,
) -> None:
    rules = rules_of(
        HEAD + "  - {name: a, for_each: consumer, except: {consumer: big}, limit: 10 kB,"
        " thresholds: [90]}\n"
    )
    story = {
        up(): "1+0x80",
        counter(consumer="c1"): "_x8 9000+0x70",
        counter(consumer="c2"): "_x8 8999+0x70",
        counter(consumer="big"): "_x8 90000+0x70",
        counter(consumer=""): "_x8 90000+0x70",
    }
    expected = (
        {**MONTH, "consumer": "c1", "threshold": "90", "severity": "warning"},
        {
            "summary": "a has used 90% of its limit",
            "description": "The quota a passed 90 % of its limit in period 197001.",
            "used_bytes": "9000",
            "limit_bytes": "10000",
            "ratio": "0.9",
            "forecast_bytes": forecast(9_000, 10),
        },
    )
    run_rules(tmp_path, rules, [Case(story, [Alerts(names.USAGE_ALERT, "10m", [expected])])])


# Names that break a query, a template or a rule file unless they are quoted for each of them.
ODD_NAMES = [
    "\ufffd",
    "a\ufffdb",
    "\u00fcml\u00e4ut",
    "\U0001f600",
    '"',
    "'",
    "`",
    "\\",
    "\n",
    "\t",
    "\x01",
    "{{ . }}",
    "%q",
    "%!d(MISSING)",
]


def test_the_numbers_arrive_whatever_the_name_of_the_consumer(tmp_path: Path) -> None:
    rules = rules_of(HEAD + "  - {name: a, for_each: consumer, limit: 10 kB, thresholds: [90]}\n")
    story = {up(): "1+0x80"} | {counter(consumer=name): "_x8 9000+0x70" for name in ODD_NAMES}
    annotations = {
        "summary": "a has used 90% of its limit",
        "description": "The quota a passed 90 % of its limit in period 197001.",
        "used_bytes": "9000",
        "limit_bytes": "10000",
        "ratio": "0.9",
        "forecast_bytes": forecast(9_000, 10),
    }
    threshold = {**MONTH, "threshold": "90", "severity": "warning"}
    expected = [({**threshold, "consumer": name}, annotations) for name in ODD_NAMES]
    run_rules(tmp_path, rules, [Case(story, [Alerts(names.USAGE_ALERT, "10m", expected)])])
