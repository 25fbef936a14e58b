"""Mistakes in periods, rolling windows and opening balances: position, key and message."""

import pytest

from tests.unit.quotas.file.mistakes.expectations import (
    EXPECTED_CALENDAR,
    EXPECTED_TEXT,
    NOT_A_DURATION,
    NOT_A_ZONE,
    NOTIFY,
    mistakes_in,
    quota_with,
)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "period: weeek",
            f'5:13: period: found "weeek", {EXPECTED_CALENDAR}; did you mean "week"?',
        ),
        (
            "period: monthly",
            f'5:13: period: found "monthly", {EXPECTED_CALENDAR}; did you mean "month"?',
        ),
        ("period: year", f'5:13: period: found "year", {EXPECTED_CALENDAR}'),
        ("period: 7", f"5:13: period: found the number 7, {EXPECTED_CALENDAR}"),
        ("period: [day]", f"5:13: period: found a list, {EXPECTED_CALENDAR}"),
        ("period: {}", "5:13: period: has neither calendar nor rolling; write for example month"),
        (
            "period: {timezone: Europe/Berlin}",
            "5:13: period: has neither calendar nor rolling; write for example month",
        ),
        (
            "period: {calender: month}",
            '5:14: period.calender: is not a key that is known here; did you mean "calendar"?',
        ),
        (
            "period: {calendar: fortnight}",
            f'5:24: period.calendar: found "fortnight", {EXPECTED_CALENDAR}',
        ),
        (
            "period: {calendar: month, anchor_day: 29}",
            ("5:43: period.anchor_day: found the number 29, expected a whole number from 1 to 28"),
        ),
        (
            "period: {calendar: month, anchor_day: 1.5}",
            ("5:43: period.anchor_day: found the number 1.5, expected a whole number from 1 to 28"),
        ),
        (
            "period: {calendar: month, anchor_day: first}",
            '5:43: period.anchor_day: found "first", expected a whole number from 1 to 28',
        ),
        (
            "period: {calendar: week, anchor_day: 3}",
            "5:42: period.anchor_day: goes with calendar: month, not week",
        ),
        (
            "period: {calendar: month, anchor_weekday: monday}",
            "5:47: period.anchor_weekday: goes with calendar: week, not month",
        ),
        (
            "period: {calendar: week, anchor_weekday: mondy}",
            (
                '5:46: period.anchor_weekday: found "mondy", expected one of monday, tuesday, '
                'wednesday, thursday, friday, saturday, sunday; did you mean "monday"?'
            ),
        ),
        (
            "period: {calendar: day, timezone: Europe/Berln}",
            f'5:39: period.timezone: "Europe/Berln" {NOT_A_ZONE}; did you mean "Europe/Berlin"?',
        ),
        (
            "period: {calendar: day, timezone: america/new_york}",
            (
                f'5:39: period.timezone: "america/new_york" {NOT_A_ZONE}; did you mean '
                '"America/New_York"?'
            ),
        ),
        (
            "period: {calendar: day, timezone: +01:00}",
            f'5:39: period.timezone: "+01:00" {NOT_A_ZONE}',
        ),
        (
            "period: {rolling: 30d, timezone: UTC}",
            "5:13: period: rolling goes with no other key; remove it or the others",
        ),
        (
            "period: {rolling: 30d, calendar: month}",
            "5:13: period: rolling goes with no other key; remove it or the others",
        ),
        ("period: {rolling: 45d}", '5:23: period.rolling: found "45d", expected 1h to 44d'),
        ("period: {rolling: 59m}", '5:23: period.rolling: found "59m", expected 1h to 44d'),
        ("period: {rolling: month}", f'5:23: period.rolling: "month" {NOT_A_DURATION}'),
        (
            "period: {rolling: 30}",
            ('5:23: period.rolling: found the number 30 without a unit; write for example "90s"'),
        ),
        (
            "opening_balance: 1 GB",
            "5:5: opening_balance: counts in one period; add opening_period, such as 2026-11",
        ),
        (
            "opening_period: 2026-11",
            "5:5: opening_period: says when, but no opening_balance says how much; add it",
        ),
        (
            "opening_balance: 120 GBs\n    opening_period: 2026-11",
            '5:22: opening_balance: "120 GBs" is not a size; did you mean "120 GB"?',
        ),
        (
            "opening_balance: 1 GB\n    opening_period: 202611",
            f"6:21: opening_period: found the number 202611, {EXPECTED_TEXT}",
        ),
        (
            "opening_balance: 1 GB\n    opening_period: 2026-1-1",
            '6:5: opening_period: "2026-1-1" is no month; write for example 2026-11',
        ),
        (
            "opening_balance: 1 GB\n    opening_period: 2026-13",
            '6:5: opening_period: "2026-13" is no month; write for example 2026-11',
        ),
        (
            "period: day\n    opening_balance: 1 GB\n    opening_period: 2026-11",
            '7:5: opening_period: "2026-11" is no day; write for example 2026-11-24',
        ),
        (
            "period: week\n    opening_balance: 1 GB\n    opening_period: 2026-11-24",
            (
                '7:5: opening_period: "2026-11-24" is no week; write for example 2026-11-23, the '
                "day on which it begins"
            ),
        ),
        (
            (
                "period: {calendar: week, anchor_weekday: sunday}\n"
                "    opening_balance: 1 GB\n    opening_period: 2026-11-24"
            ),
            (
                '7:5: opening_period: "2026-11-24" is no week:sunday; write for example '
                "2026-11-22, the day on which it begins"
            ),
        ),
        (
            "period: hour\n    opening_balance: 1 GB\n    opening_period: 2026-11-24",
            (
                '7:5: opening_period: "2026-11-24" is no hour; write for example 2026-11-24T13, an '
                "hour of UTC"
            ),
        ),
        (
            "period: {rolling: 7d}\n    opening_balance: 1 GB\n    opening_period: 2026-11",
            "6:5: opening_balance: a rolling window has no periods to open; remove it",
        ),
        (
            "for_each: route\n    opening_balance: 1 GB\n    opening_period: 2026-11",
            "6:5: opening_balance: cannot be shared out among for_each; write a quota for each",
        ),
        (
            "period: {rolling: 7d}\n    forecast: true",
            "6:5: forecast: a rolling window has no end to forecast; remove it",
        ),
    ],
    ids=lambda value: value[:40],
)
def test_a_mistake_in_a_period_is_reported_with_its_position(line: str, message: str) -> None:
    assert mistakes_in(quota_with(line)) == [message]


def test_a_wrong_value_causes_no_further_conflict() -> None:
    keys = "period: weeek\n    opening_balance: 1 GB\n    opening_period: 2026-11-23"
    assert [mistake.split(":")[0] for mistake in mistakes_in(quota_with(keys))] == ["5"]
    keys = "for_each: consumerr\n    except: {consumer: [x]}"
    assert [mistake.split(":")[0] for mistake in mistakes_in(quota_with(keys))] == ["5"]


def test_a_conflict_with_the_defaults_is_reported_at_the_quota() -> None:
    text = (
        f"version: 1\ndefaults: {{{NOTIFY}, period: {{rolling: 7d}}}}\nquotas:\n"
        "  - {name: a, limit: 1 B, forecast: true}\n  - {name: b, limit: 1 B}\n"
    )
    assert mistakes_in(text) == [
        "4:27: forecast: a rolling window has no end to forecast; remove it"
    ]
