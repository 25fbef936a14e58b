"""What quotas compile to, held against files that a review can read.

After a change that is meant, write them anew and review what changed:

    PYTHONPATH=. .venv/bin/python tests/unit/quotas/test_rules.py
"""

import random
import zlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quotas import names
from quotas.calendars import DAY, HOUR, MONTH, WEEK, Calendar, Rolling
from quotas.file.loading import load_quotas
from quotas.model import Accounting, Match, Quota, QuotaFile, Threshold
from quotas.rules.compiler import compile_rules
from quotas.rules.intervals import MOST_QUOTAS_IN_GROUP
from quotas.rules.rulefile import Group, Rule, RuleFile, render_files, write_files

GOLDEN = Path(__file__).parent / "golden"
GOLDEN_NAMES = ("small", "full")
# The years for which clocks are compiled follow from it.
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def golden_files(name: str) -> dict[str, str]:
    return render_files(compile_rules(load_quotas(GOLDEN / f"{name}.yaml"), NOW))


@pytest.mark.parametrize("name", GOLDEN_NAMES)
def test_quotas_compile_to_the_rules_that_were_reviewed(name: str) -> None:
    reviewed = {
        path.name: path.read_text(encoding="utf-8") for path in (GOLDEN / name).glob("*.yml")
    }
    assert golden_files(name) == reviewed


def compiled(*quotas: Quota, now: datetime = NOW) -> dict[str, RuleFile]:
    files = compile_rules(QuotaFile(Accounting(), (), quotas), now)
    return {file.stem: file for file in files}


def rendered(*quotas: Quota, now: datetime = NOW) -> dict[str, str]:
    return render_files(compile_rules(QuotaFile(Accounting(), (), quotas), now))


def quotas_in(group: Group) -> list[str]:
    return [rule.labels[names.QUOTA] for rule in group.rules if rule.name == names.USED]


def groups_of(quotas: Sequence[Quota]) -> Sequence[Group]:
    return compiled(*quotas)["gateway-quotas-month"].groups


def test_each_calendar_in_use_has_a_file_of_its_quotas_and_a_delta() -> None:
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
    # Months are always counted; a rolling window sums their steps.
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


def test_a_further_quota_adds_its_own_rules_to_the_file_of_its_calendar_and_changes_no_line() -> (
    None
):
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


def test_quotas_stand_in_the_order_of_their_names() -> None:
    (group,) = groups_of([Quota("z", 1), Quota("a", 1), Quota("m", 1)])
    assert quotas_in(group) == ["a", "m", "z"]


def test_the_text_is_the_same_for_any_time_within_five_years() -> None:
    quotas = load_quotas(GOLDEN / "full.yaml").quotas
    first = datetime(2026, 1, 1, tzinfo=UTC)
    last = datetime(2030, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert rendered(*quotas, now=first) == rendered(*quotas, now=last)
    following = datetime(2031, 1, 1, tzinfo=UTC)
    assert rendered(*quotas, now=following) != rendered(*quotas, now=last)


def alerts_of(quotas: QuotaFile) -> list[Rule]:
    groups = [group for file in compile_rules(quotas, NOW) for group in file.groups]
    return [rule for group in groups for rule in group.rules if rule.alert]


def test_every_alert_links_to_its_section_of_the_page_that_says_what_to_do() -> None:
    quotas = QuotaFile(Accounting(), (), (Quota("a", 1, forecast=True),))
    page = "https://wiki.example.com/operations"
    before, after = alerts_of(quotas), alerts_of(replace(quotas, runbook_url=page))
    assert {rule.name for rule in after} == {
        name for key, name in vars(names).items() if key.endswith("_ALERT")
    }
    for plain, linked in zip(before, after, strict=True):
        link = {"runbook_url": f"{page}#{linked.name.lower()}"}
        # No label, above all: an alert of other labels would be another alert, and told anew.
        assert linked == replace(plain, annotations={**plain.annotations, **link})


def test_without_such_a_page_no_alert_has_a_link() -> None:
    for alert in alerts_of(QuotaFile(Accounting(), (), (Quota("a", 1, forecast=True),))):
        assert names.RUNBOOK_URL not in alert.annotations


def test_how_long_the_clocks_of_time_zones_are_right_is_told_in_the_file() -> None:
    berlin = Quota("a", 1, calendar=Calendar("day", timezone="Europe/Berlin"))
    assert compiled(berlin)["gateway-accounting"].note == (
        "The clocks of its time zones are right until the end of 2040; run it again then."
    )
    assert compiled(Quota("a", 1))["gateway-accounting"].note == ""


def many(count: int) -> list[Quota]:
    return [Quota(f"q{number}", number + 1) for number in range(count)]


@pytest.mark.parametrize(
    ("count", "least"), [(1, 1), (250, 1), (251, 2), (500, 2), (1_000, 4), (3_000, 12)]
)
def test_no_group_holds_more_quotas_than_can_be_evaluated_in_time(count: int, least: int) -> None:
    groups = groups_of(many(count))
    assert max(len(quotas_in(group)) for group in groups) <= MOST_QUOTAS_IN_GROUP
    assert least <= len(groups) <= 4 * least
    together = [name for group in groups for name in quotas_in(group)]
    assert sorted(together) == sorted(quota.name for quota in many(count))


def test_quotas_that_would_all_be_in_one_group_are_split_all_the_same() -> None:
    names_of_one = [
        f"q{number}" for number in range(3_000) if zlib.crc32(f"q{number}".encode()) % 4 == 0
    ][:300]
    groups = groups_of([Quota(name, 1) for name in names_of_one])
    assert max(len(quotas_in(group)) for group in groups) <= MOST_QUOTAS_IN_GROUP


def test_a_further_quota_moves_none_of_the_others_unless_the_number_of_groups_doubles() -> None:
    before: dict[str, str] = {}
    count = 0
    for size in (*range(251, 700, 37), 700, 701):
        groups = groups_of(many(size))
        home = {name: group.name for group in groups for name in quotas_in(group)}
        if len(groups) == count:
            assert {name: home[name] for name in before} == before
        else:
            assert len(groups) >= 2 * count
        before, count = home, len(groups)


def test_groups_have_names_of_their_own_across_all_files() -> None:
    quotas = [
        *many(600),
        *(Quota(f"d{day}", 1, calendar=Calendar("month", day)) for day in range(2, 29)),
    ]
    found = [group.name for file in compiled(*quotas).values() for group in file.groups]
    assert len(found) == len(set(found))


def test_files_have_names_of_their_own_that_kubernetes_takes() -> None:
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


def test_a_quota_of_both_directions_selects_neither() -> None:
    (group,) = groups_of([Quota("a", 1, direction="both")])
    used = group.rules[0]
    assert 'delta{calendar="month"}' in used.query
    assert used.labels == {"quota": "a", "calendar": "month"}


def test_one_quota_takes_two_rules_and_thresholds_of_its_own_one_more_each() -> None:
    before = compiled(Quota("a", 1))
    after = compiled(Quota("a", 1), Quota("b", 1, thresholds=(Threshold(57, "info"),)))
    assert _count(after["gateway-quotas-month"]) == _count(before["gateway-quotas-month"]) + 2
    assert _count(after["gateway-quota-alerts"]) == _count(before["gateway-quota-alerts"]) + 1


def _count(file: RuleFile) -> int:
    return sum(len(group.rules) for group in file.groups)


if __name__ == "__main__":
    for golden in GOLDEN_NAMES:
        write_files(GOLDEN / golden, golden_files(golden))
