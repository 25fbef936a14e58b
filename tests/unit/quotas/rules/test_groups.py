"""How the compiler splits the quotas of a rolling window into groups."""

import zlib
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from quotas import names
from quotas.accounting_options import Accounting
from quotas.calendars import Calendar, Rolling
from quotas.model import Quota, QuotaFile
from quotas.rule_files.rule import Group, RuleFile
from quotas.rules.compiler import compile_rules
from quotas.rules.intervals import MOST_QUOTAS_IN_GROUP

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


WINDOW = Rolling(7 * 86_400)


def compiled(quotas: Sequence[Quota]) -> dict[str, RuleFile]:
    files = compile_rules(QuotaFile(Accounting(), (), tuple(quotas)), NOW)
    return {file.stem: file for file in files}


def groups_of(quotas: Sequence[Quota]) -> Sequence[Group]:
    return compiled(quotas)["gateway-quotas-rolling-7d"].groups


def quotas_in(group: Group) -> list[str]:
    return [rule.labels[names.QUOTA] for rule in group.rules if rule.name == names.USED]


def numbered_quotas(count: int) -> list[Quota]:
    return [Quota(f"q{number}", number + 1, calendar=WINDOW) for number in range(count)]


def test_the_quotas_of_a_group_are_sorted_by_name() -> None:
    (group,) = groups_of([Quota(name, 1, calendar=WINDOW) for name in ("z", "a", "m")])
    assert quotas_in(group) == ["a", "m", "z"]


@pytest.mark.parametrize(
    ("count", "least"), [(1, 1), (250, 1), (251, 2), (500, 2), (1_000, 4), (3_000, 12)]
)
def test_no_group_holds_more_quotas_than_can_be_evaluated_in_time(count: int, least: int) -> None:
    groups = groups_of(numbered_quotas(count))
    assert max(len(quotas_in(group)) for group in groups) <= MOST_QUOTAS_IN_GROUP
    assert least <= len(groups) <= 4 * least
    together = [name for group in groups for name in quotas_in(group)]
    assert sorted(together) == sorted(quota.name for quota in numbered_quotas(count))


def test_quotas_whose_names_hash_to_the_same_group_are_split_further() -> None:
    names_of_one = [
        f"q{number}" for number in range(3_000) if zlib.crc32(f"q{number}".encode()) % 4 == 0
    ][:300]
    groups = groups_of([Quota(name, 1, calendar=WINDOW) for name in names_of_one])
    assert max(len(quotas_in(group)) for group in groups) <= MOST_QUOTAS_IN_GROUP


def test_a_new_quota_moves_no_other_unless_the_number_of_groups_doubles() -> None:
    before: dict[str, str] = {}
    count = 0
    for size in (*range(251, 700, 37), 700, 701):
        groups = groups_of(numbered_quotas(size))
        home = {name: group.name for group in groups for name in quotas_in(group)}
        if len(groups) == count:
            assert {name: home[name] for name in before} == before
        else:
            assert len(groups) >= 2 * count
        before, count = home, len(groups)


def test_groups_have_unique_names_across_all_files() -> None:
    quotas = [
        *numbered_quotas(600),
        *(Quota(f"d{day}", 1, calendar=Calendar("month", day)) for day in range(2, 29)),
    ]
    found = [group.name for file in compiled(quotas).values() for group in file.groups]
    assert len(found) == len(set(found))
