"""Which keys go together; the messages are tested where they are told, with their places."""

from typing import Any

import pytest

from quotas.calendars import DAY, HOUR, MONTH, WEEK, Calendar, Rolling
from quotas.file.consistency import AGREEING, disagreements, period_id

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
def test_keys_that_go_together_are_passed_over(quota: dict[str, Any]) -> None:
    assert list(disagreements(quota)) == []


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
def test_keys_that_do_not_go_together_are_told_at_one_of_them(
    quota: dict[str, Any], key: str
) -> None:
    assert [at for at, _ in disagreements(quota)] == [key]
    assert key in AGREEING


@pytest.mark.parametrize(
    ("text", "calendar", "period"),
    [
        ("2026-11", MONTH, 202611),
        ("202611", MONTH, 202611),
        ("2026-11", Calendar("month", 15), 202611),
        ("2026-11-24", DAY, 20261124),
        ("2026-11-23", WEEK, 20261123),
        ("2026-11-24T13", HOUR, 2026112413),
    ],
)
def test_a_period_is_named_by_its_date_or_its_id(
    text: str, calendar: Calendar, period: int
) -> None:
    assert period_id(text, calendar) == period


@pytest.mark.parametrize(
    ("text", "calendar"),
    [
        ("2026-1-1", MONTH),
        ("20-26-11", MONTH),
        ("2026-11\n", MONTH),
        ("2026-11-24", MONTH),
        ("November", MONTH),
        ("2026-02-30", DAY),
        ("2026-11-24", WEEK),
        ("2026-11-24 13", HOUR),
        ("2026-11-24T24", HOUR),
    ],
)
def test_what_could_be_read_two_ways_names_no_period(text: str, calendar: Calendar) -> None:
    assert period_id(text, calendar) is None
