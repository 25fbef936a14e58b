"""The forecast alert, in Prometheus's own engine."""

from pathlib import Path

import pytest

from quotas import names
from tests.integration.rules.alerts.expectations import HEAD, HOUR, LabelsAndAnnotations
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
from tests.marks import thorough


def forecast_alert(period: str, forecast: int, used: int, ratio: str) -> LabelsAndAnnotations:
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
                [forecast_alert("1970010102", 19 * 400 + 40 * 400, 19 * 400, "0.38")],
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
def test_no_forecast_alert_fires_if(tmp_path: Path, why: str, quota: str, values: str) -> None:
    rules = rules_of(HEAD + f"  - {{name: a, period: hour, {quota}}}\n")
    case = Case(
        {up(): "1+0x900", counter(): values}, [Alerts(names.FORECAST_ALERT, "140m", [])], name=why
    )
    run_rules(tmp_path, rules, [case])


@pytest.mark.parametrize(
    ("period", "rate", "minutes"),
    [
        ("hour", 100, (59, 119, 120, 121, 122, 123, 124, 125, 126, 130)),
        thorough("day", 14, (1_439, 1_440, 1_441, 1_442, 1_444, 1_445, 1_446)),
    ],
)
def test_no_forecast_alert_fires_around_the_end_of_a_period_below_its_limit(
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


USED = {"quota": "a", "calendar": "month", "period": "197001"}


def test_a_nightly_batch_on_the_first_day_of_a_month_is_not_alerted(tmp_path: Path) -> None:
    rules = rules_of(HEAD + "  - {name: a, limit: 50 kB, forecast: true}\n")
    chosen_rules = chosen(rules, names.RATIO, names.FORECAST, names.FORECAST_ALERT)
    # 1,000 bytes at 01:00 each night are 31 kB a month. At 02:00 on the first day, 0.5 kB an hour.
    nights = "0 " * 12 + "1000+0x287 " + " ".join(f"{1000 * n}+0x287" for n in range(2, 5))
    case = Case(
        {
            series(names.USED, **USED): nights,
            series(names.LIMIT, quota="a"): "50000+0x1200",
            series(names.PERIOD_ELAPSED, calendar="month", period="197001"): "0+300x1200",
            series(names.PERIOD_LEFT, calendar="month", period="197001"): "2678400-300x1200",
        },
        [
            Samples(f"{names.FORECAST} > bool 50000", "3h", [(USED, 1)]),
            *(Alerts(names.FORECAST_ALERT, f"{hour}h", []) for hour in range(1, 96)),
        ],
        interval="5m",
    )
    run_rules(tmp_path, chosen_rules, [case], evaluate_every="5m")


def test_a_forecast_is_never_below_what_is_used_although_the_selector_was_narrowed(
    tmp_path: Path,
) -> None:
    rules = rules_of(HEAD + "  - {name: a, limit: 50 kB, forecast: true}\n")
    case = Case(
        {
            # After three days, the quota counts a tenth of the traffic.
            series(names.USED, **USED): "0+100x863 8640+10x600",
            series(names.PERIOD_ELAPSED, calendar="month", period="197001"): "0+300x1500",
            series(names.PERIOD_LEFT, calendar="month", period="197001"): "2678400-300x1500",
        },
        [
            Samples(f"{names.FORECAST} >= bool {names.USED}", f"{hour}h", [(USED, 1)])
            for hour in range(70, 100)
        ],
        interval="5m",
    )
    run_rules(tmp_path, chosen(rules, names.FORECAST), [case], evaluate_every="5m")


def test_a_forecast_does_not_jump_when_a_quota_counts_more_traffic(tmp_path: Path) -> None:
    rules = rules_of(HEAD + "  - {name: a, limit: 50 kB, forecast: true}\n")
    hours = [220, 239, 241, 250, 300, 407, 409, 450]
    case = Case(
        {
            # 100 bytes in five minutes; after ten days twice as much, since the month began.
            series(names.USED, **USED): "0+100x2879 576000+200x2900",
            # What the quota selects has a number.
            series(names.SELECTION, quota="a"): "17x2879 42x2900",
            series(names.PERIOD_ELAPSED, calendar="month", period="197001"): "0+300x5800",
            series(names.PERIOD_LEFT, calendar="month", period="197001"): "2678400-300x5800",
        },
        [
            Samples(
                f"round({names.FORECAST}, 10000)",
                f"{hour}h",
                [(USED, 890_000 if hour < 240 else 1_790_000)],
            )
            for hour in hours
        ],
        interval="5m",
    )
    run_rules(tmp_path, chosen(rules, names.FORECAST), [case], evaluate_every="5m")


def test_the_forecast_of_a_period_that_has_ended_is_what_it_used(tmp_path: Path) -> None:
    rules = rules_of(HEAD + "  - {name: a, period: hour, limit: 24.1 kB, forecast: true}\n")
    old = f'{names.FORECAST}{{period="1970010101"}}'
    labels = {**HOUR, "__name__": names.FORECAST, "period": "1970010101"}
    case = Case(
        {up(): "1+0x900", counter(): "1000+100x900"},
        [
            # 58 steps are counted and one minute is left; the 59th step is not complete.
            Samples(old, "119m", [(labels, 23_600)]),
            # A minute later, its last value is three minutes old: Prometheus 2 still reads it.
            Samples(old, "121m", [(labels, 24_000)]),
            *(Alerts(names.FORECAST_ALERT, f"{minute}m", []) for minute in range(119, 130)),
            # Values of an hour are read from as far back as an hour needs, not as a month does.
            Samples(old, "124m", []),
        ],
    )
    run_rules(tmp_path, rules, [case])
