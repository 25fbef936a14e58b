"""Every kind of period is known wherever kinds differ. A new kind fails here until it is."""

from datetime import UTC, datetime
from typing import get_args

import pytest

from quotas import names
from quotas.accounting_options import Accounting
from quotas.calendars import Calendar, Kind, parse_calendar, period_at, period_of
from quotas.file.consistency import find_conflicts
from quotas.file.period_parsers import parse_period, parse_period_id
from quotas.model import Quota, QuotaFile
from quotas.rules.compiler import compile_rules

NOW = datetime(2026, 11, 24, 13, tzinfo=UTC)

each_kind = pytest.mark.parametrize("kind", get_args(Kind))


@each_kind
def test_a_calendar_of_each_kind_has_adjacent_periods_with_ids(kind: Kind) -> None:
    calendar = Calendar(kind)
    assert parse_calendar(calendar.name) == calendar
    period = period_at(calendar, NOW)
    for _ in range(12):
        assert period_of(calendar, str(period.id)) == period
        assert (period.end - period.start).total_seconds() <= calendar.longest_period_seconds
        following = period_at(calendar, period.end)
        assert following.start == period.end
        period = following


@each_kind
def test_each_kind_can_be_written_in_quotas_yaml(kind: Kind) -> None:
    assert parse_period(kind) == Calendar(kind)


@each_kind
def test_an_opening_period_of_each_kind_can_be_written_and_has_an_example(kind: Kind) -> None:
    quota = {"period": Calendar(kind), "opening_balance": 1, "opening_period": "last year"}
    ((key, message),) = find_conflicts(quota)
    assert key == "opening_period"
    example = message.partition("write for example ")[2].partition(",")[0]
    assert parse_period_id(example, Calendar(kind)) == period_at(Calendar(kind), NOW).id


@each_kind
def test_rules_with_a_forecast_are_compiled_for_each_kind(kind: Kind) -> None:
    quota = Quota("a", 1, calendar=Calendar(kind), forecast=True)
    files = compile_rules(QuotaFile(Accounting(), (), (quota,)), NOW)
    rules = {rule.name: rule for file in files for group in file.groups for rule in group.rules}
    for name in (names.PERIOD_ELAPSED, names.PERIOD_LEFT, names.FORECAST, names.FORECAST_ALERT):
        assert name in rules
