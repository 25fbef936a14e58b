import pytest

from quotas import names
from quotas.accounting_options import Accounting
from quotas.model import Match, Quota
from quotas.rule_files.rule import Rule
from quotas.rules.pipeline import pipeline_alerts, pipeline_groups

BY_CONSUMER = (Quota("acme", 1, {"consumer": Match(("acme",))}),)
RULES = {rule.name: rule for rule in pipeline_alerts(Accounting(), BY_CONSUMER)}


def test_each_failure_that_would_make_quotas_wrong_without_notice_has_an_alert() -> None:
    assert list(RULES) == [
        names.METRICS_MISSING_ALERT,
        names.SCRAPE_FAILING_ALERT,
        names.RULES_FAILING_ALERT,
        names.SCRAPED_TWICE_ALERT,
        names.SEVERAL_NODES_ALERT,
        names.DICTIONARY_FULL_ALERT,
        names.METRIC_ERRORS_ALERT,
        names.LABELS_UNKNOWN_ALERT,
        names.NAME_UNKNOWN_ALERT,
        names.SAMPLES_DROPPED_ALERT,
        names.CONSUMERS_NOT_COUNTED_ALERT,
        names.EVALUATIONS_MISSED_ALERT,
        names.TARGETS_COLLIDE_ALERT,
        names.WATCHDOG_ALERT,
    ]


def test_every_alert_has_a_summary_a_description_and_a_severity() -> None:
    for rule in RULES.values():
        assert rule.alert
        assert {names.SUMMARY, names.DESCRIPTION} == set(rule.annotations)
        assert rule.labels[names.SEVERITY] in {"critical", "warning", "none"}


def test_every_alert_but_the_watchdog_lasts_if_its_state_comes_and_goes() -> None:
    for name, rule in RULES.items():
        is_watchdog = name == names.WATCHDOG_ALERT
        assert (rule.for_seconds >= 300) is not is_watchdog
        assert (rule.keep_firing_seconds >= 900) is not is_watchdog


def test_a_failing_gateway_is_alerted_after_a_third_of_the_gap_tolerance() -> None:
    rules = pipeline_alerts(Accounting(gap_tolerance_seconds=1_800), ())
    alert = next(rule for rule in rules if rule.name == names.SCRAPE_FAILING_ALERT)
    assert alert.for_seconds == 600
    assert "Since 10m" in alert.annotations[names.DESCRIPTION]
    assert "within 30m" in alert.annotations[names.DESCRIPTION]


def test_the_alert_about_missing_metrics_names_the_most_common_mistake() -> None:
    assert "bandwidth_metrics" in _description(RULES[names.METRICS_MISSING_ALERT])


def test_the_alert_that_reads_every_series_is_evaluated_less_often() -> None:
    often, rarely = pipeline_groups(list(RULES.values()), 60)
    assert (often.interval_seconds, rarely.interval_seconds) == (60, 300)
    assert [rule.name for rule in rarely.rules] == [names.SAMPLES_DROPPED_ALERT]
    assert [rule.name for rule in often.rules] == [
        name for name in RULES if name != names.SAMPLES_DROPPED_ALERT
    ]


@pytest.mark.parametrize("name", [names.RULES_FAILING_ALERT, names.EVALUATIONS_MISSED_ALERT])
@pytest.mark.parametrize(
    ("accounting", "text"),
    [
        (Accounting(gap_tolerance_seconds=1_800), "up to 30m back. Older ones are missing"),
        (Accounting(gap_tolerance_seconds=86_400), "up to 4h back. Older ones are missing"),
        (Accounting(catch_up=False), "Bytes of steps without an evaluation are missing"),
    ],
)
def test_the_alerts_about_evaluations_say_which_steps_are_caught_up(
    name: str, accounting: Accounting, text: str
) -> None:
    rules = pipeline_alerts(accounting, ())
    assert text in _description(next(rule for rule in rules if rule.name == name))


def test_the_watchdog_always_fires() -> None:
    assert RULES[names.WATCHDOG_ALERT].query == "vector(1)"
    assert RULES[names.WATCHDOG_ALERT].for_seconds == 0


def _description(rule: Rule) -> str:
    return rule.annotations[names.DESCRIPTION]
