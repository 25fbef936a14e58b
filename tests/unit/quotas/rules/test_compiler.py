"""What quotas compile to, compared with reviewed files in the folder ``golden``.

After an intended change, regenerate these files and review the differences:

    PYTHONPATH=. .venv/bin/python tests/unit/quotas/rules/test_compiler.py
"""

import random
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quotas import names
from quotas.accounting_options import Accounting
from quotas.calendars import DAY, HOUR, MONTH, WEEK, Calendar, Rolling
from quotas.file.loading import load_quotas
from quotas.model import Match, Quota, QuotaFile, Threshold
from quotas.rule_files.folder import write_files
from quotas.rule_files.rendering import render_files
from quotas.rule_files.rule import Rule, RuleFile
from quotas.rules.compiler import compile_rules
from quotas.rules.doubts import alert_names

GOLDEN = Path(__file__).parent / "golden"
GOLDEN_NAMES = ("small", "full")
# The years for which the offsets of time zones are compiled follow from this time.
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def golden_files(name: str) -> dict[str, str]:
    return render_files(compile_rules(load_quotas(GOLDEN / f"{name}.yaml"), NOW))


@pytest.mark.parametrize("name", GOLDEN_NAMES)
def test_quotas_compile_to_the_reviewed_rules(name: str) -> None:
    reviewed = {
        path.name: path.read_text(encoding="utf-8") for path in (GOLDEN / name).glob("*.yml")
    }
    assert golden_files(name) == reviewed


def compiled(*quotas: Quota, now: datetime = NOW) -> dict[str, RuleFile]:
    files = compile_rules(QuotaFile(Accounting(), (), quotas), now)
    return {file.stem: file for file in files}


def rendered(*quotas: Quota, now: datetime = NOW) -> dict[str, str]:
    return render_files(compile_rules(QuotaFile(Accounting(), (), quotas), now))


def test_each_calendar_has_a_file_for_its_quotas_and_a_rule_for_its_steps() -> None:
    files = compiled(
        Quota("a", 1, calendar=DAY),
        Quota("b", 1, calendar=HOUR),
        Quota("c", 1, calendar=Calendar("month", 15, timezone="America/New_York")),
        Quota("d", 1, calendar=Rolling(7 * 86_400)),
    )
    assert list(files) == [
        "gateway-accounting",
        "gateway-quotas-day",
        "gateway-quotas-hour",
        "gateway-quotas-month-15-america-new-york",
        "gateway-quotas-rolling-7d",
        "gateway-quota-alerts",
        "gateway-pipeline",
    ]
    deltas, periods = files["gateway-accounting"].groups
    # Months are always counted, because a rolling window sums their steps.
    calendars = ["day", "hour", "month", "month:15@America/New_York"]
    counted = [rule for rule in deltas.rules if rule.name == names.DELTA]
    assert [rule.labels["calendar"] for rule in counted] == calendars
    assert {rule.labels["calendar"] for rule in periods.rules} == set(calendars)


def test_quotas_of_long_periods_are_evaluated_less_often() -> None:
    calendars: list[Calendar | Rolling] = [HOUR, DAY, WEEK, MONTH, Rolling(3_600)]
    files = compiled(*(Quota(calendar.name[:1], 1, calendar=calendar) for calendar in calendars))
    intervals = {stem: file.groups[0].interval_seconds for stem, file in files.items()}
    assert intervals == {
        "gateway-accounting": 60,
        "gateway-quotas-day": 60,
        "gateway-quotas-hour": 60,
        "gateway-quotas-month": 300,
        "gateway-quotas-rolling-1h": 60,
        "gateway-quotas-week": 300,
        "gateway-quota-alerts": 60,
        "gateway-pipeline": 60,
    }


def test_a_new_quota_adds_rules_to_the_file_of_its_calendar_and_changes_nothing_else() -> None:
    one = Quota("b", 1_000, {"service": Match(("s",))})
    before = rendered(one)
    for two in (Quota("a", 2_000, {"route": Match(("r",))}), Quota("c", 2_000)):
        after = rendered(one, two)
        assert [name for name in after if after[name] != before[name]] == [
            "gateway-quotas-month.yml"
        ]
        lines = iter(after["gateway-quotas-month.yml"].splitlines())
        assert all(line in lines for line in before["gateway-quotas-month.yml"].splitlines())


@given(st.randoms(use_true_random=False))
@settings(max_examples=20)
def test_the_order_of_quotas_in_the_file_does_not_matter(chance: random.Random) -> None:
    quotas = list(load_quotas(GOLDEN / "full.yaml").quotas)
    before = rendered(*quotas)
    chance.shuffle(quotas)
    assert rendered(*quotas) == before


def test_the_text_is_the_same_at_any_time_within_five_years() -> None:
    quotas = load_quotas(GOLDEN / "full.yaml").quotas
    first = datetime(2026, 1, 1, tzinfo=UTC)
    last = datetime(2030, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert rendered(*quotas, now=first) == rendered(*quotas, now=last)
    following = datetime(2031, 1, 1, tzinfo=UTC)
    assert rendered(*quotas, now=following) != rendered(*quotas, now=last)


def alerts_of(quotas: QuotaFile) -> list[Rule]:
    groups = [group for file in compile_rules(quotas, NOW) for group in file.groups]
    return [rule for group in groups for rule in group.rules if rule.alert]


def test_every_alert_links_to_its_section_of_the_runbook() -> None:
    quotas = QuotaFile(Accounting(), (), (Quota("a", 1, forecast=True),))
    page = "https://wiki.example.com/operations"
    before, after = alerts_of(quotas), alerts_of(replace(quotas, runbook_url=page))
    assert {rule.name for rule in after} == {
        name
        for module in (names, alert_names)
        for key, name in vars(module).items()
        if key.endswith("_ALERT")
    }
    for plain, linked in zip(before, after, strict=True):
        link = {"runbook_url": f"{page}#{linked.name.lower()}"}
        # No new label: with other labels it would be another alert, and recipients would be
        # notified again.
        assert linked == replace(plain, annotations={**plain.annotations, **link})


def test_without_a_runbook_no_alert_has_a_link() -> None:
    for alert in alerts_of(QuotaFile(Accounting(), (), (Quota("a", 1, forecast=True),))):
        assert names.RUNBOOK_URL not in alert.annotations


def test_the_file_says_until_when_its_time_zones_are_compiled() -> None:
    berlin = Quota("a", 1, calendar=Calendar("day", timezone="Europe/Berlin"))
    assert compiled(berlin)["gateway-accounting"].note == (
        "The clocks of its time zones are right until the end of 2040; run it again then."
    )
    assert compiled(Quota("a", 1))["gateway-accounting"].note == ""


def test_files_have_unique_names_that_kubernetes_accepts() -> None:
    quotas = [
        Quota(f"q{number}", 1, calendar=Calendar("month", 2, timezone=zone))
        for number, zone in enumerate(sorted(available_timezones() - {"UTC"}))
    ]
    stems = [file.stem for file in compile_rules(QuotaFile(Accounting(), (), tuple(quotas)), NOW)]
    assert len(stems) == len(set(stems)) == len(quotas) + 3
    for stem in stems:
        assert set(stem) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
        assert stem[0].isalnum()
        assert stem[-1].isalnum()


def test_a_quota_adds_two_rules_and_one_for_each_new_threshold() -> None:
    before = compiled(Quota("a", 1))
    after = compiled(Quota("a", 1), Quota("b", 1, thresholds=(Threshold(57, "info"),)))
    assert _count(after["gateway-quotas-month"]) == _count(before["gateway-quotas-month"]) + 2
    assert _count(after["gateway-quota-alerts"]) == _count(before["gateway-quota-alerts"]) + 1


def test_ratio_and_forecast_are_written_once_for_all_quotas() -> None:
    files = compiled(*(Quota(f"q{number}", 1) for number in range(50)))
    (group,) = files["gateway-quota-alerts"].groups
    recorded = [rule.name for rule in group.rules if not rule.alert]
    assert recorded == [names.RATIO, names.FORECAST]


def test_values_are_read_from_as_far_back_as_the_slowest_calendar_needs() -> None:
    files = compiled(Quota("a", 1, calendar=DAY))
    (group,) = files["gateway-quota-alerts"].groups
    # Two intervals of a day's quotas, and one step.
    assert "used[3m]" in group.rules[0].query


def _count(file: RuleFile) -> int:
    return sum(len(group.rules) for group in file.groups)


if __name__ == "__main__":
    for golden in GOLDEN_NAMES:
        write_files(GOLDEN / golden, golden_files(golden))
