"""The alerts about the pipeline itself, in Prometheus's own engine."""

from pathlib import Path

import pytest

from quotas import names
from tests.integration.rules.alerts.expectations import ONE_QUOTA, moved
from tests.integration.support.promtool import (
    Alerts,
    Case,
    rules_of,
    run_rules,
    series,
    up,
)

CRITICAL = {"severity": "critical"}


def texts(summary: str, description: str) -> dict[str, str]:
    return {"summary": summary, "description": description}


MISSING = texts(
    f"Gateways are up, but none exposes {names.GATEWAY_BYTES}",
    "No bytes are counted, so no quota can be trusted. Most likely the gateway's prometheus "
    "plugin runs without bandwidth_metrics; a gateway that never had a request looks the same.",
)


def test_missing_metrics_are_alerted_after_15_minutes(tmp_path: Path) -> None:
    case = Case(
        {up(): "1+0x400"},
        [
            Alerts(names.METRICS_MISSING_ALERT, "14m", []),
            Alerts(names.METRICS_MISSING_ALERT, "16m", [(CRITICAL, MISSING)]),
        ],
    )
    run_rules(tmp_path, rules_of(ONE_QUOTA), [case])


@pytest.mark.parametrize(
    ("why", "story"),
    [
        ("they are there", moved(1)),
        ("no gateway is up, which has its own alert", {up(): "0+0x400"}),
    ],
)
def test_missing_metrics_are_not_alerted_if(
    tmp_path: Path, why: str, story: dict[str, str]
) -> None:
    case = Case(story, [Alerts(names.METRICS_MISSING_ALERT, "60m", [])], name=why)
    run_rules(tmp_path, rules_of(ONE_QUOTA), [case])


def scrape_failing(summary: str) -> dict[str, str]:
    return texts(
        summary,
        "Since 20m Prometheus gets no numbers. What a gateway moves is caught up if it answers "
        "again within 1h and was not restarted meanwhile; later, those bytes are lost to the "
        "quotas.",
    )


def test_a_gateway_that_cannot_be_scraped_is_alerted_long_before_its_bytes_are_lost(
    tmp_path: Path,
) -> None:
    labels = {"severity": "critical", "job": "kong", "instance": "b:8100"}
    expected = scrape_failing("Gateway b:8100 cannot be scraped")
    case = Case(
        {up("a:8100"): "1+0x400", up("b:8100"): "1+0x8 0+0x390"},
        [
            Alerts(names.SCRAPE_FAILING_ALERT, "20m", []),
            Alerts(names.SCRAPE_FAILING_ALERT, "25m", [(labels, expected)]),
        ],
    )
    run_rules(tmp_path, rules_of(ONE_QUOTA), [case])


def test_a_job_without_any_gateway_is_alerted(tmp_path: Path) -> None:
    labels = {"severity": "critical", "job": "kong"}
    expected = scrape_failing("There is no gateway to scrape")
    case = Case(
        {up("b:8100", job="other"): "1+0x400"},
        [
            Alerts(names.SCRAPE_FAILING_ALERT, "15m", []),
            Alerts(names.SCRAPE_FAILING_ALERT, "25m", [(labels, expected)]),
        ],
    )
    run_rules(tmp_path, rules_of(ONE_QUOTA), [case])


def test_a_gateway_that_fails_for_some_minutes_is_not_alerted(tmp_path: Path) -> None:
    case = Case(
        {up(): "1+0x8 0+0x60 1+0x300"},
        [Alerts(names.SCRAPE_FAILING_ALERT, f"{minutes}m", []) for minutes in (15, 20, 30)],
    )
    run_rules(tmp_path, rules_of(ONE_QUOTA), [case])


OURS = "/srv/a-folder-of-its-own/rules/gateway-quotas.yml;gateway-quotas"
OTHERS = "/etc/prometheus/rules/node.yml;node"
# The group is named without the path of its file.
RULES_FAILING = (
    {**CRITICAL, "group": "gateway-quotas"},
    texts(
        "Quota rules fail or are too slow: gateway-quotas",
        "In the last 15 minutes evaluations failed or were missed, or they take more than half of "
        "their interval. Bytes of steps without an evaluation are missing from quotas. The page "
        "/rules of Prometheus shows which and why.",
    ),
)


@pytest.mark.parametrize(
    "metric",
    [
        "prometheus_rule_evaluation_failures_total",
        "prometheus_rule_group_iterations_missed_total",
    ],
)
def test_quota_rules_that_fail_or_are_missed_are_alerted(tmp_path: Path, metric: str) -> None:
    case = Case(
        {
            series(metric, rule_group=OURS): "0+0x40 1+0x300",
            series(metric, rule_group=OTHERS): "0+1x340",
        },
        [
            Alerts(names.RULES_FAILING_ALERT, "8m", []),
            Alerts(names.RULES_FAILING_ALERT, "17m", [RULES_FAILING]),
            Alerts(names.RULES_FAILING_ALERT, "45m", []),
        ],
    )
    run_rules(tmp_path, rules_of(ONE_QUOTA), [case])


@pytest.mark.parametrize(
    ("seconds", "expected"), [("40+0x300", [RULES_FAILING]), ("20+0x300", []), ("20+0x40 50", [])]
)
def test_quota_rules_that_take_more_than_half_of_their_interval_are_alerted(
    tmp_path: Path, seconds: str, expected: list[object]
) -> None:
    case = Case(
        {
            series("prometheus_rule_group_last_duration_seconds", rule_group=OURS): seconds,
            series("prometheus_rule_group_interval_seconds", rule_group=OURS): "60+0x300",
        },
        [Alerts(names.RULES_FAILING_ALERT, "20m", expected)],  # type: ignore[arg-type] # same
    )
    run_rules(tmp_path, rules_of(ONE_QUOTA), [case])


def test_rules_that_fail_again_and_again_are_one_alert_that_fires_all_the_time(
    tmp_path: Path,
) -> None:
    # A failure every 20 minutes, which is visible for 15. Of 25 minutes, none is without the alert.
    failures = " ".join(f"{n}+0x79" for n in range(1, 9))
    metric = series("prometheus_rule_evaluation_failures_total", rule_group=OURS)
    firing = [
        Alerts(names.RULES_FAILING_ALERT, f"{minutes}m", [RULES_FAILING])
        for minutes in range(30, 120, 1)
    ]
    run_rules(tmp_path, rules_of(ONE_QUOTA), [Case({metric: f"0+0x39 {failures}"}, firing)])


def test_the_watchdog_always_fires(tmp_path: Path) -> None:
    annotations = texts(
        "The quota pipeline is alive", "Always fires; when it stops arriving, no alert arrives."
    )
    expected = [({"severity": "none"}, annotations)]
    case = Case({}, [Alerts(names.WATCHDOG_ALERT, at, expected) for at in ("0s", "30m")])
    run_rules(tmp_path, rules_of(ONE_QUOTA), [case])


def test_labels_of_the_file_take_the_place_of_labels_of_targets(tmp_path: Path) -> None:
    quotas = f"labels: {{namespace: monitoring}}\n{ONE_QUOTA}"
    target = {"job": "kong", "instance": "10.0.0.1:8100", "pod": "kong-0"}
    failing = {
        series("up", **target, namespace="edge"): "0+0x400",
        # Differs only in what the label replaces.
        series("up", **target, namespace="kong"): "0+0x400",
    }
    labels = {**CRITICAL, **target, "namespace": "monitoring"}
    watchdog = {"severity": "none", "namespace": "monitoring"}
    alive = texts(
        "The quota pipeline is alive", "Always fires; when it stops arriving, no alert arrives."
    )
    case = Case(
        failing,
        [
            Alerts(
                names.SCRAPE_FAILING_ALERT,
                "25m",
                [(labels, scrape_failing("Gateway 10.0.0.1:8100 cannot be scraped"))],
            ),
            Alerts(names.WATCHDOG_ALERT, "25m", [(watchdog, alive)]),
        ],
    )
    run_rules(tmp_path, rules_of(quotas), [case])
