from quotas import names
from quotas.alerts import pipeline_rules, quota_rules
from quotas.calendars import DAY, HOUR, MONTH, Calendar, period_label_query
from quotas.model import Accounting, Quota, QuotaFile, Threshold
from quotas.rulefile import Rule


def rules_for(*quotas: Quota, calendars: tuple[Calendar, ...] = (MONTH,)) -> list[Rule]:
    return quota_rules(QuotaFile(Accounting(), (), quotas), calendars)


def named(rules: list[Rule], name: str) -> list[Rule]:
    return [rule for rule in rules if rule.name == name]


def test_quotas_of_the_same_thresholds_share_one_alert_a_threshold() -> None:
    alerts = named(rules_for(Quota("a", 1, {}), Quota("b", 1, {})), names.USAGE_ALERT)
    assert [rule.query for rule in alerts] == [
        "last_over_time(quota:bandwidth_bytes:ratio[3m]) >= 0.8",
        "last_over_time(quota:bandwidth_bytes:ratio[3m]) >= 0.9",
        "last_over_time(quota:bandwidth_bytes:ratio[3m]) >= 1",
    ]
    assert [(rule.labels["threshold"], rule.labels["severity"]) for rule in alerts] == [
        ("80", "info"),
        ("90", "warning"),
        ("100", "critical"),
    ]


def test_a_threshold_that_not_all_quotas_have_names_those_that_do() -> None:
    own = Quota("b.c", 1, {}, thresholds=(Threshold(57, "info"),))
    first, *_others = named(rules_for(Quota("a", 1, {}), own), names.USAGE_ALERT)
    assert first.query == (
        'last_over_time(quota:bandwidth_bytes:ratio{quota=~"b\\\\.c"}[3m]) >= 0.57'
    )


def test_the_forecast_alert_is_there_for_the_calendars_whose_quotas_ask_for_it() -> None:
    rules = rules_for(
        Quota("a", 1, {}, calendar=HOUR, forecast=True),
        Quota("b", 1, {}, calendar=DAY),
        Quota("c", 1, {}, calendar=MONTH, forecast=True),
        calendars=(HOUR, DAY, MONTH),
    )
    alerts = named(rules, names.FORECAST_ALERT)
    assert [(rule.query.splitlines()[0], rule.for_seconds) for rule in alerts] == [
        ('last_over_time(quota:bandwidth_bytes:forecast{quota=~"a"}[3m])', 60),
        ('last_over_time(quota:bandwidth_bytes:forecast{quota=~"c"}[3m])', 3_600),
    ]
    # No two rules that Prometheus would take for one and the same alert.
    assert [rule.labels["calendar"] for rule in alerts] == ["hour", "month"]


def test_a_quota_that_asks_for_no_forecast_alert_gets_none() -> None:
    assert not named(rules_for(Quota("a", 1, {})), names.FORECAST_ALERT)


def test_ratio_and_forecast_are_written_once_for_all_quotas() -> None:
    rules = rules_for(*(Quota(f"q{i}", 1, {}) for i in range(50)))
    assert [rule.name for rule in rules if not rule.alert] == [names.RATIO, names.FORECAST]


def test_every_alert_tells_people_what_it_is_and_how_grave() -> None:
    rules = [*rules_for(Quota("a", 1, {}, forecast=True)), *pipeline_rules(Accounting())]
    for rule in rules:
        if rule.alert:
            assert {names.SUMMARY, names.DESCRIPTION} <= set(rule.annotations)
            assert rule.labels[names.SEVERITY] in {"info", "warning", "critical", "none"}


def test_a_failing_gateway_is_told_while_its_bytes_can_still_be_caught_up() -> None:
    (alert,) = named(
        pipeline_rules(Accounting(gap_tolerance_seconds=1_800)), names.SCRAPE_FAILING_ALERT
    )
    assert alert.for_seconds == 600
    assert "within 30m" in alert.annotations[names.DESCRIPTION]


def test_what_an_alert_tells_is_read_twice_as_far_back_as_what_it_is_about() -> None:
    for alert in rules_for(Quota("a", 1, {}, forecast=True)):
        if alert.alert:
            assert "[3m]" in alert.query
            assert "[6m]" in alert.annotations[names.USED_BYTES]
            assert "[6m]" in alert.annotations[names.LIMIT_BYTES]


def test_a_forecast_is_that_of_the_current_period_alone() -> None:
    (forecast,) = named(
        rules_for(Quota("a", 1, {}, calendar=HOUR), calendars=(HOUR,)), names.FORECAST
    )
    assert forecast.query.endswith(f"and on (period) {period_label_query(HOUR)}")
