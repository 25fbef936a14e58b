"""What quotas compile to, held against files that a review can read.

After a change that is meant, write them anew and review what changed:

    for f in small full; do ./generate_rules.py --quotas tests/unit/quotas/golden/$f.yaml \
        --out tests/unit/quotas/golden/$f; done
"""

from pathlib import Path
from typing import Any

import pytest
import yaml

from quotas.calendars import DAY, HOUR, MONTH
from quotas.load import load_quotas
from quotas.model import Accounting, Quota, QuotaFile
from quotas.rules import compile_rules

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("name", ["small", "full"])
def test_quotas_compile_to_the_rules_that_were_reviewed(name: str) -> None:
    reviewed = {
        path.name: path.read_text(encoding="utf-8") for path in (GOLDEN / name).glob("*.yml")
    }
    assert compile_rules(load_quotas(GOLDEN / f"{name}.yaml")) == reviewed


def compiled(*quotas: Quota) -> dict[str, list[dict[str, Any]]]:
    """Return the rules of each file, as YAML."""
    files = compile_rules(QuotaFile(Accounting(), (), quotas))
    return {name: yaml.safe_load(text)["groups"][0]["rules"] for name, text in files.items()}


def test_each_file_holds_one_group_of_its_name_at_the_resolution() -> None:
    quotas = QuotaFile(Accounting(resolution_seconds=90), (), (Quota("a", 1, {}),))
    for name, text in compile_rules(quotas).items():
        (group,) = yaml.safe_load(text)["groups"]
        assert (f"{group['name']}.yml", group["interval"]) == (name, "1m30s")


def test_each_calendar_in_use_has_a_file_of_its_quotas_and_a_delta() -> None:
    rules = compiled(Quota("a", 1, {}, calendar=DAY), Quota("b", 1, {}, calendar=HOUR))
    assert list(rules) == [
        "gateway-accounting.yml",
        "gateway-quotas-hour.yml",
        "gateway-quotas-day.yml",
        "gateway-quota-alerts.yml",
        "gateway-pipeline.yml",
    ]
    calendars = [rule["labels"]["calendar"] for rule in rules["gateway-accounting.yml"]]
    assert calendars == ["month", "hour", "day"]


def test_a_further_quota_changes_only_the_file_of_its_calendar_and_only_adds_to_it() -> None:
    one = Quota("a", 1_000, {"service": "s"}, calendar=MONTH)
    two = Quota("b", 2_000, {"route": "r"}, calendar=MONTH)
    before = compile_rules(QuotaFile(Accounting(), (), (one,)))
    after = compile_rules(QuotaFile(Accounting(), (), (one, two)))
    assert [name for name in after if after[name] != before.get(name)] == [
        "gateway-quotas-month.yml"
    ]
    assert after["gateway-quotas-month.yml"].startswith(before["gateway-quotas-month.yml"])


def test_the_order_of_quotas_in_the_file_is_that_of_their_rules() -> None:
    rules = compiled(Quota("z", 1, {}), Quota("a", 1, {}))["gateway-quotas-month.yml"]
    assert [rule["labels"]["quota"] for rule in rules] == ["z", "z", "a", "a"]


def test_a_quota_of_both_directions_selects_neither() -> None:
    rule = compiled(Quota("a", 1, {}, direction="both"))["gateway-quotas-month.yml"][0]
    assert 'delta{calendar="month"}' in rule["expr"]
    assert rule["labels"] == {"quota": "a"}
