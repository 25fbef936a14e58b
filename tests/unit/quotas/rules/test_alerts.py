"""How ratio, forecast and their alerts are written; what they say is tested with promtool."""

import pytest

from quotas import names
from quotas.calendars import DAY, HOUR, MONTH, Calendar, Rolling
from quotas.model import Accounting, Quota, QuotaFile, Threshold
from quotas.rules.alerts import quota_rules
from quotas.rules.intervals import interval_seconds, reach_seconds
from quotas.rules.rulefile import Rule


def rules_for(*quotas: Quota, calendars: tuple[Calendar | Rolling, ...] = (MONTH,)) -> list[Rule]:
    return quota_rules(QuotaFile(Accounting(), (), quotas), calendars)


def named(rules: list[Rule], name: str) -> list[Rule]:
    return [rule for rule in rules if rule.name == name]


def test_quotas_of_the_same_thresholds_share_one_alert_a_threshold() -> None:
    alerts = named(rules_for(Quota("a", 1), Quota("b", 1)), names.USAGE_ALERT)
    assert [rule.query for rule in alerts] == [
        "last_over_time(quota:bandwidth_bytes:ratio[11m]) >= 0.8",
        "last_over_time(quota:bandwidth_bytes:ratio[11m]) >= 0.9",
        "last_over_time(quota:bandwidth_bytes:ratio[11m]) >= 1.0",
    ]
    assert [(rule.labels["threshold"], rule.labels["severity"]) for rule in alerts] == [
        ("80", "info"),
        ("90", "warning"),
        ("100", "critical"),
    ]


def test_a_threshold_that_not_all_quotas_have_names_those_that_do() -> None:
    own = Quota("b.c", 1, thresholds=(Threshold(57, "info"),))
    first, second, *_ = named(rules_for(Quota("a", 1), own), names.USAGE_ALERT)
    assert first.query == 'last_over_time(quota:bandwidth_bytes:ratio{quota="b.c"}[11m]) >= 0.57'
    assert second.query == 'last_over_time(quota:bandwidth_bytes:ratio{quota="a"}[11m]) >= 0.8'


def test_a_threshold_that_nearly_all_quotas_have_names_the_exceptions() -> None:
    own = Quota("b.c", 1, thresholds=(Threshold(57, "info"),))
    others = [Quota(f"q{number}", 1) for number in range(3)]
    _, second, *_ = named(rules_for(own, *others), names.USAGE_ALERT)
    assert second.query == 'last_over_time(quota:bandwidth_bytes:ratio{quota!="b.c"}[11m]) >= 0.8'


def test_one_percentage_of_two_severities_is_two_alerts() -> None:
    quotas = [
        Quota(severity, 1, thresholds=(Threshold(80, severity),)) for severity in names.SEVERITIES
    ]
    alerts = named(rules_for(*quotas), names.USAGE_ALERT)
    assert sorted(rule.labels["severity"] for rule in alerts) == ["critical", "info", "warning"]


@pytest.mark.parametrize(
    ("percent", "label", "ratio"),
    [
        (99.9, "99.9", "0.999"),
        (33.33, "33.33", "0.3333"),
        (29, "29", "0.29"),
        (0.01, "0.01", "0.0001"),
        (1_000, "1000", "10.0"),
    ],
)
def test_a_threshold_is_compared_with_the_number_that_it_is(
    percent: float, label: str, ratio: str
) -> None:
    quota = Quota("a", 1, thresholds=(Threshold(percent, "info"),))
    (alert,) = named(rules_for(quota), names.USAGE_ALERT)
    assert alert.query.endswith(f" >= {ratio}")
    assert alert.labels[names.THRESHOLD] == label


def test_the_forecast_alert_is_for_the_quotas_that_ask_for_it_and_for_their_calendars() -> None:
    rules = rules_for(
        Quota("a", 1, calendar=HOUR, forecast=True),
        Quota("b", 1, calendar=DAY),
        Quota("c", 1, calendar=MONTH, forecast=True),
        calendars=(DAY, HOUR, MONTH),
    )
    (alert,) = named(rules, names.FORECAST_ALERT)
    assert 'forecast{quota!="b", calendar="hour"}[1m]' in alert.query
    assert 'forecast{quota!="b", calendar="month"}[1h]' in alert.query
    assert "unless\nlast_over_time(quota:bandwidth_bytes:ratio[11m]) >= 1" in alert.query


def test_a_quota_that_asks_for_no_forecast_alert_gets_none() -> None:
    assert not named(rules_for(Quota("a", 1)), names.FORECAST_ALERT)


def test_ratio_and_forecast_are_written_once_for_all_quotas() -> None:
    rules = rules_for(*(Quota(f"q{i}", 1) for i in range(50)))
    assert [rule.name for rule in rules if not rule.alert] == [names.RATIO, names.FORECAST]


def test_every_alert_tells_people_what_it_is_and_how_grave() -> None:
    for rule in rules_for(Quota("a", 1, forecast=True)):
        if rule.alert:
            assert {names.SUMMARY, names.DESCRIPTION} <= set(rule.annotations)
            assert rule.labels[names.SEVERITY] in names.SEVERITIES


def test_what_an_alert_tells_is_read_twice_as_far_back_as_what_it_is_about() -> None:
    for alert in rules_for(Quota("a", 1, forecast=True)):
        if alert.alert:
            assert "[11m]" in alert.query
            assert "[22m]" in alert.annotations[names.USED_BYTES]
            assert "[22m]" in alert.annotations[names.LIMIT_BYTES]


def test_the_recent_rate_is_that_of_a_quarter_of_the_period_or_less() -> None:
    (forecast,) = named(rules_for(Quota("a", 1, calendar=DAY), calendars=(DAY,)), names.FORECAST)
    for span in ("offset 6h)) / 21600", "offset 45m)) / 2700", "offset 5m37s)) / 337"):
        assert span in forecast.query
    # Of an hour, a 256th is less than a few evaluations.
    (forecast,) = named(rules_for(Quota("a", 1, calendar=HOUR), calendars=(HOUR,)), names.FORECAST)
    assert "offset 15m)) / 900" in forecast.query
    assert forecast.query.count("offset") == 1


def test_a_rolling_window_has_a_ratio_and_no_forecast() -> None:
    window = Rolling(7 * 86_400)
    rules = rules_for(Quota("a", 1, calendar=window), calendars=(MONTH, window))
    (forecast,) = named(rules, names.FORECAST)
    assert "rolling" not in forecast.query
    (ratio,) = named(rules, names.RATIO)
    assert "calendar" not in ratio.query


def test_values_are_read_from_as_far_back_as_the_slowest_calendar_needs() -> None:
    reach = reach_seconds([DAY], Accounting())
    assert reach == 2 * interval_seconds(DAY, Accounting()) + 60
    (ratio,) = named(rules_for(Quota("a", 1, calendar=DAY), calendars=(DAY,)), names.RATIO)
    assert "used[3m]" in ratio.query
