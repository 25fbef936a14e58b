"""How the alerts of quotas are written. Integration tests check when they fire."""

from dataclasses import replace

import pytest

from quotas import names
from quotas.accounting_options import Accounting
from quotas.model import DEFAULT_SEVERITIES, Quota, QuotaFile, Threshold
from quotas.rule_files.rule import Rule
from quotas.rules.alerts import usage_alerts


def alerts_for(*quotas: Quota) -> list[Rule]:
    return usage_alerts(QuotaFile(Accounting(), (), quotas), reach_seconds=660)


def test_quotas_with_the_same_thresholds_share_one_alert_for_each_threshold() -> None:
    alerts = alerts_for(Quota("a", 1), Quota("b", 1))
    assert [rule.query for rule in alerts] == [
        "last_over_time(quota:bandwidth_bytes:ratio[11m]) >= 0.8",
        "last_over_time(quota:bandwidth_bytes:ratio[11m]) >= 0.9",
        "last_over_time(quota:bandwidth_bytes:ratio[11m]) >= 1.0",
    ]
    assert [(rule.labels["threshold"], rule.labels["severity"]) for rule in alerts] == [
        ("80", "warning"),
        ("90", "warning"),
        ("100", "warning"),
    ]


def test_the_alert_of_a_threshold_that_few_quotas_have_selects_these_quotas() -> None:
    own = Quota("b.c", 1, thresholds=(Threshold(57, "info"),))
    first, second, *_ = alerts_for(Quota("a", 1), own)
    assert first.query == 'last_over_time(quota:bandwidth_bytes:ratio{quota="b.c"}[11m]) >= 0.57'
    assert second.query == 'last_over_time(quota:bandwidth_bytes:ratio{quota="a"}[11m]) >= 0.8'


def test_the_alert_of_a_threshold_that_most_quotas_have_excludes_the_others() -> None:
    own = Quota("b.c", 1, thresholds=(Threshold(57, "info"),))
    others = [Quota(f"q{number}", 1) for number in range(3)]
    _, second, *_ = alerts_for(own, *others)
    assert second.query == 'last_over_time(quota:bandwidth_bytes:ratio{quota!="b.c"}[11m]) >= 0.8'


def test_a_percentage_with_several_severities_has_several_alerts() -> None:
    quotas = [
        Quota(severity, 1, thresholds=(Threshold(80, severity),)) for severity in names.SEVERITIES
    ]
    severities = {"info": "info", "warning": "ticket", "critical": "page"}
    file = QuotaFile(Accounting(), (), tuple(quotas), severities=severities)
    alerts = usage_alerts(file, reach_seconds=660)
    assert sorted(rule.labels["severity"] for rule in alerts) == ["info", "page", "ticket"]
    (shared,) = usage_alerts(replace(file, severities=DEFAULT_SEVERITIES), reach_seconds=660)
    assert shared.labels["severity"] == "warning"
    assert "quota=" not in shared.query


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
def test_a_percentage_is_converted_to_an_exact_ratio(
    percent: float, label: str, ratio: str
) -> None:
    quota = Quota("a", 1, thresholds=(Threshold(percent, "info"),))
    (alert,) = alerts_for(quota)
    assert alert.query.endswith(f" >= {ratio}")
    assert alert.labels[names.THRESHOLD] == label


def test_every_alert_has_a_summary_a_description_and_a_severity() -> None:
    for alert in alerts_for(Quota("a", 1)):
        assert alert.alert
        assert {names.SUMMARY, names.DESCRIPTION} <= set(alert.annotations)
        assert alert.labels[names.SEVERITY] in names.SEVERITIES


def test_annotations_read_values_from_twice_as_far_back_as_the_query() -> None:
    for alert in alerts_for(Quota("a", 1)):
        assert "[11m]" in alert.query
        assert "[22m]" in alert.annotations[names.USED_BYTES]
        assert "[22m]" in alert.annotations[names.LIMIT_BYTES]


def test_annotations_quote_every_label_in_ascii_and_have_a_text_for_a_missing_one() -> None:
    used = alerts_for(Quota("a", 1))[0].annotations[names.USED_BYTES]
    for label in (names.QUOTA, names.PERIOD, *names.SELECTOR_LABELS):
        assert f"{label}=%+q" in used
        assert f'(or $labels.{label} "")' in used
