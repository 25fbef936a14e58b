from quotas import names
from quotas.model import Accounting
from quotas.rules.pipeline import pipeline_rules
from quotas.rules.rulefile import Rule

RULES = {rule.name: rule for rule in pipeline_rules(Accounting())}


def test_there_is_an_alert_for_each_way_in_which_quotas_would_be_silently_wrong() -> None:
    assert list(RULES) == [
        names.METRICS_MISSING_ALERT,
        names.SCRAPE_FAILING_ALERT,
        names.RULES_FAILING_ALERT,
        names.WATCHDOG_ALERT,
    ]


def test_every_alert_tells_people_what_it_is_and_how_grave() -> None:
    for rule in RULES.values():
        assert rule.alert
        assert {names.SUMMARY, names.DESCRIPTION} == set(rule.annotations)
        assert rule.labels[names.SEVERITY] in {"critical", "none"}


def test_a_failing_gateway_is_told_after_a_third_of_the_gap_tolerance() -> None:
    rules = pipeline_rules(Accounting(gap_tolerance_seconds=1_800))
    alert = next(rule for rule in rules if rule.name == names.SCRAPE_FAILING_ALERT)
    assert alert.for_seconds == 600
    assert "Since 10m" in alert.annotations[names.DESCRIPTION]
    assert "within 30m" in alert.annotations[names.DESCRIPTION]


def test_the_most_common_mistake_is_named_where_metrics_are_missing() -> None:
    assert "bandwidth_metrics" in _description(RULES[names.METRICS_MISSING_ALERT])


def test_the_watchdog_always_fires() -> None:
    assert RULES[names.WATCHDOG_ALERT].query == "vector(1)"
    assert RULES[names.WATCHDOG_ALERT].for_seconds == 0


def _description(rule: Rule) -> str:
    return rule.annotations[names.DESCRIPTION]
