"""Which alerts fire when, with which labels and annotations, in Prometheus's own engine."""

from pathlib import Path

import pytest

from quotas import names
from tests.integration.support.promtool import (
    Alerts,
    Case,
    Samples,
    counter,
    rules_of,
    run_rules,
    series,
    up,
)

HEAD = "version: 1\ndefaults: {notify: [ops@example.com]}\nquotas:\n"
ONE = HEAD + "  - {name: a, service: bun-service, limit: 10 kB, labels: {team: bun}}\n"
MONTH = {"quota": "a", "calendar": "month", "period": "197001"}
HOUR = {"quota": "a", "calendar": "hour"}
LABELS = {**MONTH, "service": "bun-service", "team": "bun"}
MONTH_MINUTES = 31 * 24 * 60
SEVERITIES = {80: "info", 90: "warning", 100: "critical"}

LabelsAndAnnotations = tuple[dict[str, str], dict[str, str]]


def forecast(used_bytes: int, minutes: int, length_minutes: int = MONTH_MINUTES) -> str:
    """Return what the pace of a period's first minutes comes to at its end."""
    rate = used_bytes / (60 * minutes)
    return f"{used_bytes + rate * 60 * (length_minutes - minutes):.0f}"


def usage(
    percent: int, used_bytes: int, shown: str, ratio: str, *, minutes: int = 10
) -> LabelsAndAnnotations:
    """Return labels and annotations of the alert on a threshold of the quota ``a``."""
    return (
        {**LABELS, "threshold": str(percent), "severity": SEVERITIES[percent]},
        {
            "summary": f"a has used {shown} of its limit",
            "description": f"The quota a passed {percent} % of its limit in period 197001.",
            "used_bytes": str(used_bytes),
            "limit_bytes": "10000",
            "ratio": ratio,
            "forecast_bytes": forecast(used_bytes, minutes),
        },
    )


def moved(used_bytes: int) -> dict[str, str]:
    """Return a gateway that is up, whose counter appears after two minutes."""
    return {up(): "1+0x400", counter(): f"_x8 {used_bytes}+0x300"}


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
    expected = [usage(percent, used_bytes, shown, ratio) for percent in passed]
    case = Case(moved(used_bytes), [Alerts(names.USAGE_ALERT, "10m", expected)])
    run_rules(tmp_path, rules_of(ONE), [case])


def test_several_thresholds_that_are_passed_in_one_step_fire_at_once(tmp_path: Path) -> None:
    expected = [usage(percent, 11_000, "110%", "1.1", minutes=3) for percent in (80, 90, 100)]
    # The counter is there from 2m on: in the step that ends then, which is looked at from 3m.
    case = Case(
        moved(11_000),
        [Alerts(names.USAGE_ALERT, "2m", []), Alerts(names.USAGE_ALERT, "3m", expected)],
    )
    run_rules(tmp_path, rules_of(ONE), [case])


def test_large_numbers_reach_the_annotations_digit_by_digit(tmp_path: Path) -> None:
    rules = rules_of(HEAD + "  - {name: a, limit: 8 PB, thresholds: [100]}\n")
    expected = (
        {**MONTH, "threshold": "100", "severity": "critical"},
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


def test_each_quota_is_alerted_at_its_own_thresholds(tmp_path: Path) -> None:
    rules = rules_of(
        HEAD
        + "  - {name: a, limit: 10 kB, thresholds: [57, 250]}\n"
        + "  - {name: a.b, limit: 10 kB, thresholds: [50]}\n"
        + "  - {name: axb, limit: 10 kB, thresholds: [70]}\n"
    )

    def expected(quota: str, percent: int) -> LabelsAndAnnotations:
        return (
            {**MONTH, "quota": quota, "threshold": str(percent), "severity": "info"},
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


def firing(at: str, *expected: tuple[str, str, str]) -> Samples:
    """Return the expectation of which quotas are alerted at which thresholds, how gravely."""
    query = f'sum by (quota, threshold, severity) (ALERTS{{alertname="{names.USAGE_ALERT}"}})'
    keys = ("quota", "threshold", "severity")
    return Samples(query, at, [(dict(zip(keys, labels, strict=True)), 1) for labels in expected])


def test_thresholds_have_the_severity_that_is_given_or_that_of_the_default_below(
    tmp_path: Path,
) -> None:
    rules = rules_of(
        HEAD + "  - {name: a, limit: 10 kB, thresholds: [1.5, 85, 99.99, 110, 112]}\n"
        "  - name: b\n    limit: 10 kB\n    thresholds:\n"
        "      - {percent: 50, severity: critical}\n      - {percent: 100, severity: info}\n"
        "      - 91\n"
    )
    expected = [
        ("a", "1.5", "info"),
        ("a", "85", "info"),
        ("a", "99.99", "warning"),
        ("a", "110", "critical"),
        ("b", "50", "critical"),
        ("b", "91", "warning"),
        ("b", "100", "info"),
    ]
    run_rules(tmp_path, rules, [Case(moved(11_000), [firing("10m", *expected)])])


def test_each_that_a_quota_holds_for_is_alerted_by_itself_and_with_its_own_numbers(
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


def test_an_alert_stays_between_evaluations_that_are_minutes_apart_and_when_one_is_left_out(
    tmp_path: Path,
) -> None:
    rules = rules_of(HEAD + "  - {name: a, limit: 10 kB, thresholds: [90]}\n")
    # A month's quota is evaluated every five minutes; that of 15m did not take place.
    labels = {"quota": "a", "calendar": "month", "period": "197001"}
    case = Case(
        {
            series(names.USED, **labels): " ".join(["9000 _x4"] * 3 + ["_x5"] + ["9000 _x4"] * 5),
            series(names.LIMIT, quota="a"): " ".join(
                ["10000 _x4"] * 3 + ["_x5"] + ["10000 _x4"] * 5
            ),
        },
        [firing(f"{minute}m", ("a", "90", "warning")) for minute in range(45)],
        interval="1m",
    )
    run_rules(tmp_path, {"alerts.yml": rules["gateway-quota-alerts.yml"]}, [case])


def test_a_crossing_in_the_last_step_of_a_period_raises_the_alert_of_that_period(
    tmp_path: Path,
) -> None:
    rules = rules_of(HEAD + "  - {name: a, period: hour, limit: 10 kB, thresholds: [100]}\n")
    # The counter grows at 00:59:55, in the step that began at 00:59:50 and is counted at 01:01.
    expected = (
        {**HOUR, "period": "1970010100", "threshold": "100", "severity": "critical"},
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
            # It ends by itself, and the new hour starts from nothing.
            Alerts(names.USAGE_ALERT, "90m", []),
        ],
        interval="5s",
    )
    run_rules(tmp_path, rules, [case])


def test_what_an_alert_tells_is_complete_for_as_long_as_it_fires(tmp_path: Path) -> None:
    rules = rules_of(HEAD + "  - {name: a, period: hour, limit: 10 kB, thresholds: [100]}\n")
    # The old hour's ratio is read for some steps after its last value.
    query = f'ALERTS{{alertname="{names.USAGE_ALERT}", period="1970010100"}}'
    labels = {**HOUR, "period": "1970010100", "threshold": "100", "severity": "critical"}
    firing = {"__name__": "ALERTS", "alertname": names.USAGE_ALERT, "alertstate": "firing"}
    told = {
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
            *(Alerts(names.USAGE_ALERT, f"{m}m", [(labels, told)]) for m in (59, 60, 61, 62, 63)),
            Alerts(names.USAGE_ALERT, "90m", []),
        ],
    )
    run_rules(tmp_path, rules, [case])


def test_the_alert_of_a_new_period_starts_from_nothing_and_that_of_the_old_one_ends(
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
            # Nothing was moved in the last quarter of the first hour, all at once in the second.
            Alerts(names.USAGE_ALERT, "59m", [expected("1970010100", "9500")]),
            Alerts(names.USAGE_ALERT, "90m", []),
            Alerts(names.USAGE_ALERT, "110m", [expected("1970010101", "15833")]),
        ],
    )
    run_rules(tmp_path, rules, [case])


def forecast_expected(period: str, forecast: int, used: int, ratio: str) -> LabelsAndAnnotations:
    return (
        {**HOUR, "period": period, "severity": "warning"},
        {
            "summary": "a is expected to pass its limit",
            "description": f"At the recent pace a reaches {forecast / 1000:g}kB "
            f"by the end of period {period}.",
            "forecast_bytes": str(forecast),
            "used_bytes": str(used),
            "limit_bytes": "20000",
            "ratio": ratio,
        },
    )


def test_the_forecast_alert_fires_before_the_limit_is_reached(tmp_path: Path) -> None:
    rules = rules_of(HEAD + "  - {name: a, period: hour, limit: 20 kB, forecast: true}\n")
    case = Case(
        {up(): "1+0x900", counter(): "1000+100x900"},
        [
            Alerts(
                names.FORECAST_ALERT,
                "140m",
                [forecast_expected("1970010102", 19 * 400 + 40 * 400, 19 * 400, "0.38")],
            )
        ],
    )
    run_rules(tmp_path, rules, [case])


@pytest.mark.parametrize(
    ("why", "quota", "values"),
    [
        ("the forecast is below the limit", "limit: 30 kB, forecast: true", "1000+100x900"),
        (
            "the limit is reached, which has its own alert",
            "limit: 7 kB, forecast: true",
            "0+100x900",
        ),
        ("the quota did not ask for it", "limit: 20 kB", "1000+100x900"),
    ],
)
def test_no_forecast_alert_fires_where(tmp_path: Path, why: str, quota: str, values: str) -> None:
    rules = rules_of(HEAD + f"  - {{name: a, period: hour, {quota}}}\n")
    case = Case(
        {up(): "1+0x900", counter(): values}, [Alerts(names.FORECAST_ALERT, "140m", [])], name=why
    )
    run_rules(tmp_path, rules, [case])


@pytest.mark.parametrize(
    ("period", "rate", "minutes"),
    [
        ("hour", 100, (59, 119, 120, 121, 122, 123, 124, 125, 126, 130)),
        ("day", 14, (1_439, 1_440, 1_441, 1_442, 1_444, 1_445, 1_446)),
    ],
)
def test_no_forecast_alert_fires_at_the_turn_of_a_period_that_ended_below_its_limit(
    tmp_path: Path, period: str, rate: int, minutes: tuple[int, ...]
) -> None:
    rules = rules_of(HEAD + f"  - {{name: a, period: {period}, limit: 30 kB, forecast: true}}\n")
    # 100 bytes each 15 s are 24 kB an hour; 14 bytes a minute are 20 kB a day.
    case = Case(
        {up(): "1+0x1500", counter(): f"1000+{rate}x1500"},
        [Alerts(names.FORECAST_ALERT, f"{minute}m", []) for minute in minutes],
        interval="15s" if period == "hour" else "1m",
    )
    run_rules(tmp_path, rules, [case])


def test_a_period_that_has_ended_is_forecast_to_use_what_it_used(tmp_path: Path) -> None:
    rules = rules_of(HEAD + "  - {name: a, period: hour, limit: 24.1 kB, forecast: true}\n")
    old = f'{names.FORECAST}{{period="1970010101"}}'
    labels = {**HOUR, "__name__": names.FORECAST, "period": "1970010101"}
    case = Case(
        {up(): "1+0x900", counter(): "1000+100x900"},
        [
            # 58 steps are counted and one minute is left; the 59th is under way.
            Samples(old, "119m", [(labels, 23_600)]),
            *(Samples(old, f"{minute}m", [(labels, 24_000)]) for minute in (121, 122)),
            *(Alerts(names.FORECAST_ALERT, f"{minute}m", []) for minute in range(119, 130)),
            # An hour's quota is looked back for as far as an hour needs, not as a month does.
            Samples(old, "124m", []),
        ],
    )
    run_rules(tmp_path, rules, [case])


CRITICAL = {"severity": "critical"}


def pipeline(summary: str, description: str) -> dict[str, str]:
    return {"summary": summary, "description": description}


MISSING = pipeline(
    f"Gateways are up, but none exposes {names.GATEWAY_BYTES}",
    "No bytes are counted, so no quota can be trusted. Most likely the gateway's prometheus "
    "plugin runs without bandwidth_metrics; a gateway that never had a request looks the same.",
)


def test_missing_metrics_are_told_after_a_quarter_of_an_hour(tmp_path: Path) -> None:
    case = Case(
        {up(): "1+0x400"},
        [
            Alerts(names.METRICS_MISSING_ALERT, "14m", []),
            Alerts(names.METRICS_MISSING_ALERT, "16m", [(CRITICAL, MISSING)]),
        ],
    )
    run_rules(tmp_path, rules_of(ONE), [case])


@pytest.mark.parametrize(
    ("why", "story"),
    [
        ("they are there", moved(1)),
        ("no gateway is up, which has its own alert", {up(): "0+0x400"}),
    ],
)
def test_missing_metrics_are_not_told_where(
    tmp_path: Path, why: str, story: dict[str, str]
) -> None:
    case = Case(story, [Alerts(names.METRICS_MISSING_ALERT, "60m", [])], name=why)
    run_rules(tmp_path, rules_of(ONE), [case])


def scrape_failing(summary: str) -> dict[str, str]:
    return pipeline(
        summary,
        "Since 20m Prometheus gets no numbers. What a gateway moves is caught up if it answers "
        "again within 1h and was not restarted meanwhile; later, those bytes are lost to the "
        "quotas.",
    )


def test_a_gateway_that_cannot_be_scraped_is_told_well_before_its_bytes_are_lost(
    tmp_path: Path,
) -> None:
    labels = {"severity": "critical", "job": "kong", "instance": "b:8100"}
    told = scrape_failing("Gateway b:8100 cannot be scraped")
    case = Case(
        {up("a:8100"): "1+0x400", up("b:8100"): "1+0x8 0+0x390"},
        [
            Alerts(names.SCRAPE_FAILING_ALERT, "20m", []),
            Alerts(names.SCRAPE_FAILING_ALERT, "25m", [(labels, told)]),
        ],
    )
    run_rules(tmp_path, rules_of(ONE), [case])


def test_a_job_without_any_gateway_is_told(tmp_path: Path) -> None:
    labels = {"severity": "critical", "job": "kong"}
    told = scrape_failing("There is no gateway to scrape")
    case = Case(
        {up("b:8100", job="other"): "1+0x400"},
        [
            Alerts(names.SCRAPE_FAILING_ALERT, "15m", []),
            Alerts(names.SCRAPE_FAILING_ALERT, "25m", [(labels, told)]),
        ],
    )
    run_rules(tmp_path, rules_of(ONE), [case])


def test_a_gateway_that_fails_for_some_minutes_is_not_told(tmp_path: Path) -> None:
    case = Case(
        {up(): "1+0x8 0+0x60 1+0x300"},
        [Alerts(names.SCRAPE_FAILING_ALERT, f"{minutes}m", []) for minutes in (15, 20, 30)],
    )
    run_rules(tmp_path, rules_of(ONE), [case])


@pytest.mark.parametrize(
    "metric",
    [
        "prometheus_rule_evaluation_failures_total",
        "prometheus_rule_group_iterations_missed_total",
    ],
)
def test_quota_rules_that_fail_or_are_left_out_are_told(tmp_path: Path, metric: str) -> None:
    ours = "/etc/prometheus/rules/gateway-accounting.yml;gateway-accounting"
    others = "/etc/prometheus/rules/node.yml;node"
    annotations = pipeline(
        f"Quota rules fail or are too slow: {ours}",
        "In the last 15 minutes evaluations failed or were left out, each of which loses the bytes "
        "of its own step, or they take more than half of their interval. The page /rules of "
        "Prometheus shows which and why.",
    )
    case = Case(
        {
            series(metric, rule_group=ours): "0+0x40 1+0x200",
            series(metric, rule_group=others): "0+1x240",
        },
        [
            Alerts(names.RULES_FAILING_ALERT, "8m", []),
            Alerts(
                names.RULES_FAILING_ALERT, "15m", [({**CRITICAL, "rule_group": ours}, annotations)]
            ),
            Alerts(names.RULES_FAILING_ALERT, "40m", []),
        ],
    )
    run_rules(tmp_path, rules_of(ONE), [case])


def test_the_watchdog_always_fires(tmp_path: Path) -> None:
    annotations = pipeline(
        "The quota pipeline is alive", "Always fires; when it stops arriving, no alert arrives."
    )
    expected = [({"severity": "none"}, annotations)]
    case = Case({}, [Alerts(names.WATCHDOG_ALERT, at, expected) for at in ("0s", "30m")])
    run_rules(tmp_path, rules_of(ONE), [case])
