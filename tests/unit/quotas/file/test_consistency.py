"""Which keys of a quota conflict. The tests in the folder ``mistakes`` check messages."""

from typing import Any

import pytest

from quotas.calendars import DAY, MONTH, Rolling
from quotas.file.consistency import COMPARED_KEYS, find_conflicts

OPENED = {"opening_balance": 1, "opening_period": "2026-11"}


@pytest.mark.parametrize(
    "quota",
    [
        {},
        {"period": Rolling(3_600)},
        {"period": DAY, "forecast": True},
        {"for_each": ("consumer",), "except_": {"consumer": ("a",)}},
        OPENED,
        OPENED | {"period": MONTH, "forecast": True},
    ],
)
def test_keys_that_go_together_do_not_conflict(quota: dict[str, Any]) -> None:
    assert list(find_conflicts(quota)) == []


@pytest.mark.parametrize(
    ("quota", "key"),
    [
        ({"except_": {"consumer": ("a",)}}, "except"),
        ({"period": Rolling(3_600), "forecast": True}, "forecast"),
        ({"opening_period": "2026-11"}, "opening_period"),
        ({"opening_balance": 1}, "opening_balance"),
        (OPENED | {"period": Rolling(3_600)}, "opening_balance"),
        (OPENED | {"for_each": ("consumer",)}, "opening_balance"),
        (OPENED | {"period": DAY}, "opening_period"),
    ],
)
def test_a_conflict_is_reported_at_one_of_its_keys(quota: dict[str, Any], key: str) -> None:
    assert [at for at, _ in find_conflicts(quota)] == [key]
    assert key in COMPARED_KEYS
