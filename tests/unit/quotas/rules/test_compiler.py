"""What quotas compile to, compared with reviewed files in the folder ``golden``.

After an intended change, regenerate these files and review the differences:

    PYTHONPATH=. .venv/bin/python tests/unit/quotas/rules/test_compiler.py
"""

import random
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

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


def test_steps_are_counted_once_and_each_calendar_has_its_totals() -> None:
    files = compiled(
        Quota("a", 1, calendar=DAY),
        Quota("b", 1, calendar=HOUR),
        Quota("c", 1, calendar=Calendar("month", 15, timezone="America/New_York")),
        Quota("d", 1, calendar=Rolling(7 * 86_400)),
    )
    assert list(files) == ["gateway-quotas", "gateway-quotas-rolling-7d", "gateway-pipeline"]
    rules = files["gateway-quotas"].groups[0].rules
    assert [rule.name for rule in rules].count(names.DELTA) == 1
    # Months are always counted.
    calendars = ["day", "hour", "month", "month:15@America/New_York"]
    for name in (names.CLOSED, names.TOTAL, names.PERIOD_ELAPSED, names.PERIOD_LEFT):
        assert [rule.labels["calendar"] for rule in rules if rule.name == name] == calendars


def test_a_rule_comes_after_those_that_it_reads_at_the_same_evaluation() -> None:
    group = compiled(Quota("a", 1, forecast=True))["gateway-quotas"].groups[0]
    order = list(dict.fromkeys(rule.name for rule in group.rules))
    needed = [
        *(names.DELTA, names.STEP_END, names.OPEN, names.CLOSED, names.TOTAL),
        *(names.USED, names.RATIO, names.FORECAST, names.USAGE_ALERT, names.FORECAST_ALERT),
    ]
    assert [name for name in order if name in needed] == needed


def test_what_costs_most_has_a_group_of_its_own() -> None:
    groups = compiled(Quota("a", 1))["gateway-quotas"].groups
    assert [group.name for group in groups] == ["gateway-quotas", "gateway-recount"]
    assert names.RECOUNTED in [rule.name for rule in groups[1].rules]


def test_nothing_is_counted_again_if_catching_up_is_switched_off() -> None:
    quotas = QuotaFile(Accounting(catch_up=False), (), (Quota("a", 1),))
    groups = [group for file in compile_rules(quotas, NOW) for group in file.groups]
    assert names.RECOUNTED not in [rule.name for group in groups for rule in group.rules]


def test_only_long_windows_are_evaluated_less_often() -> None:
    calendars: list[Calendar | Rolling] = [HOUR, WEEK, MONTH, Rolling(3_600), Rolling(7 * 86_400)]
    files = compiled(*(Quota(f"q{n}", 1, calendar=known) for n, known in enumerate(calendars)))
    intervals = {stem: file.groups[0].interval_seconds for stem, file in files.items()}
    assert intervals == {
        "gateway-quotas": 60,
        "gateway-quotas-rolling-1h": 60,
        "gateway-quotas-rolling-7d": 300,
        "gateway-pipeline": 60,
    }


def test_a_new_quota_adds_rules_and_changes_nothing_else() -> None:
    one = Quota("b", 1_000, {"service": Match(("s",))})
    before = rendered(one)
    for two in (Quota("a", 2_000, {"route": Match(("r",))}), Quota("c", 2_000)):
        after = rendered(one, two)
        assert [name for name in after if after[name] != before[name]] == ["gateway-quotas.yml"]
        lines = iter(after["gateway-quotas.yml"].splitlines())
        assert all(line in lines for line in before["gateway-quotas.yml"].splitlines())


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
    quotas = QuotaFile(Accounting(), (), (Quota("a", 1, forecast=True, for_each=("consumer",)),))
    page = "https://wiki.example.com/operations"
    before, after = alerts_of(quotas), alerts_of(replace(quotas, runbook_url=page))
    assert {rule.name for rule in after} == {
        name for key, name in vars(names).items() if key.endswith("_ALERT")
    }
    for plain, linked in zip(before, after, strict=True):
        link = {"runbook_url": f"{page}#{linked.name.lower()}"}
        # No new label: with other labels it would be another alert, and recipients would be
        # notified again.
        assert linked == replace(plain, annotations={**plain.annotations, **link})


def test_without_a_runbook_no_alert_has_a_link() -> None:
    for alert in alerts_of(QuotaFile(Accounting(), (), (Quota("a", 1, forecast=True),))):
        assert names.RUNBOOK_URL not in alert.annotations


def test_all_alerts_have_the_labels_of_the_file_and_recorded_series_have_not() -> None:
    labels = {"namespace": "monitoring", "site": "b"}
    quotas = QuotaFile(Accounting(), (), (Quota("a", 1, forecast=True, for_each=("consumer",)),))
    before, after = (
        [
            rule
            for file in compile_rules(given, NOW)
            for group in file.groups
            for rule in group.rules
        ]
        for given in (quotas, replace(quotas, labels=labels))
    )
    for plain, labelled in zip(before, after, strict=True):
        if plain.alert:
            query = f"max without (namespace, site) (\n{plain.query}\n)"
            assert labelled == replace(plain, query=query, labels={**plain.labels, **labels})
        else:
            assert labelled == plain


def test_the_file_says_until_when_its_time_zones_are_compiled() -> None:
    berlin = Quota("a", 1, calendar=Calendar("day", timezone="Europe/Berlin"))
    assert compiled(berlin)["gateway-quotas"].note == (
        "The clocks of its time zones are right until the end of 2040; run it again then."
    )
    assert compiled(Quota("a", 1))["gateway-quotas"].note == ""


def test_files_have_unique_names_that_kubernetes_accepts() -> None:
    windows = [Rolling(3_600 * hours) for hours in range(1, 200)]
    quotas = tuple(Quota(f"q{n}", 1, calendar=window) for n, window in enumerate(windows))
    stems = [file.stem for file in compile_rules(QuotaFile(Accounting(), (), quotas), NOW)]
    assert len(stems) == len(set(stems)) == len(quotas) + 2
    for stem in stems:
        assert set(stem) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
        assert stem[0].isalnum()
        assert stem[-1].isalnum()


def test_a_quota_adds_three_rules_and_one_for_each_new_threshold() -> None:
    before = compiled(Quota("a", 1))
    after = compiled(Quota("a", 1), Quota("b", 1, thresholds=(Threshold(57, "info"),)))
    assert _count(after["gateway-quotas"]) == _count(before["gateway-quotas"]) + 4


def test_ratio_and_forecast_are_written_once_for_all_quotas() -> None:
    files = compiled(*(Quota(f"q{number}", 1) for number in range(50)))
    recorded = [rule for rule in files["gateway-quotas"].groups[0].rules if not rule.alert]
    for name in (names.RATIO, names.FORECAST):
        assert [rule.name for rule in recorded].count(name) == 1
    of_quotas = [rule.labels[names.QUOTA] for rule in recorded if names.QUOTA in rule.labels]
    assert of_quotas.count("q7") == len({names.USED, names.LIMIT, names.SELECTION})


def test_values_are_read_from_as_far_back_as_the_slowest_quotas_need() -> None:
    def ratio(*quotas: Quota) -> str:
        rules = compiled(*quotas)["gateway-quotas"].groups[0].rules
        return next(rule.query for rule in rules if rule.name == names.RATIO)

    # Two intervals of the quotas, and one step.
    assert "used[3m]" in ratio(Quota("a", 1, calendar=MONTH))
    assert "used[11m]" in ratio(Quota("a", 1, calendar=Rolling(7 * 86_400)))


def _count(file: RuleFile) -> int:
    return sum(len(group.rules) for group in file.groups)


if __name__ == "__main__":
    for golden in GOLDEN_NAMES:
        write_files(GOLDEN / golden, golden_files(golden))
