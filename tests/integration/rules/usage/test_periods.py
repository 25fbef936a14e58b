"""The end of a period: its last steps still count, and the next period starts from zero."""

from pathlib import Path

import pytest

from quotas import names
from quotas.file.loading import parse_quotas
from quotas.rule_files.rendering import render_files
from quotas.rules.compiler import compile_rules
from tests.integration.rules.usage.quotas import HEAD, HEAD_OF_LONG_STEPS, used, used_in
from tests.integration.support.promtool import (
    NOW,
    Case,
    Samples,
    chosen,
    counter,
    rules_of,
    run_rules,
    series,
    up,
)


def test_an_hour_is_complete_after_it_ends_and_the_next_starts_from_zero(
    tmp_path: Path,
) -> None:
    rules = rules_of(HEAD + "  - {name: a, period: hour, limit: 1 TB}\n")
    case = Case(
        {up(): "1+0x600", counter(): "1000+100x600"},
        [
            # The bytes scraped until 00:58:45. The first step began before 1970.
            used(("a", "1970010100", 58 * 400), at="59m"),
            used(("a", "1970010100", 59 * 400), ("a", "1970010101", 0), at="60m"),
            # The step that began at 00:59:50 is the last one of the old hour.
            used(("a", "1970010100", 60 * 400), ("a", "1970010101", 0), at="61m"),
            used_in("1970010101", 400, at="62m"),
            used(("a", "1970010101", 8 * 400 + 400), at="70m"),
            used(("a", "1970010101", 58 * 400), at="119m"),
            used(("a", "1970010101", 59 * 400), ("a", "1970010102", 0), at="120m"),
            used(("a", "1970010101", 60 * 400), ("a", "1970010102", 0), at="121m"),
        ],
    )
    run_rules(tmp_path, rules, [case])


def test_a_day_is_complete_after_it_ends_and_the_next_starts_from_zero(tmp_path: Path) -> None:
    rules = rules_of(HEAD_OF_LONG_STEPS + "  - {name: a, period: day, limit: 1 TB}\n")
    case = Case(
        {up(): "1+0x600", counter(): "1000+100x600"},
        [
            # Scrapes every 5 minutes from 00:00 on. The last one that is counted is that of 23:50.
            used(("a", "19700101", 286 * 100), at="23h55m"),
            used(("a", "19700101", 287 * 100), ("a", "19700102", 0), at="24h"),
            used(("a", "19700101", 288 * 100), ("a", "19700102", 0), at="24h5m"),
            used_in("19700102", 100, at="24h10m"),
            used(("a", "19700102", 900), at="24h50m"),
            used(("a", "19700102", 286 * 100), at="47h55m"),
            used(("a", "19700102", 287 * 100), ("a", "19700103", 0), at="48h"),
        ],
        interval="5m",
    )
    run_rules(tmp_path, rules, [case], evaluate_every="5m")


@pytest.mark.parametrize(
    ("days", "old", "new"),
    [
        pytest.param(31, "197001", "197002", id="31 days"),
        pytest.param(59, "197002", "197003", id="28 days"),
        pytest.param(120, "197004", "197005", id="30 days"),
    ],
)
def test_a_month_is_complete_after_it_ends_and_the_next_starts_from_zero(
    tmp_path: Path, days: int, old: str, new: str
) -> None:
    rules = rules_of(HEAD_OF_LONG_STEPS + "  - {name: a, limit: 1 TB}\n")
    # The recorded series start three hours before the end. A step is counted one step later.
    turn = days * 288
    recorded = {}
    for period, first in ((old, turn - 36), (new, turn)):
        labels = {names.CALENDAR: "month", names.PERIOD: period}
        recorded[series(names.PERIOD_ELAPSED, **labels)] = f"_x{first} 0+300x35"
        recorded[series(names.TOTAL, direction="egress", **labels)] = f"_x{first + 2} 100+100x35"
    case = Case(
        recorded,
        [
            used(("a", old, 34 * 100), at=f"{days - 1}d23h55m"),
            used(("a", old, 35 * 100), ("a", new, 0), at=f"{days}d"),
            used(("a", old, 36 * 100), ("a", new, 0), at=f"{days}d5m"),
            used_in(new, 100, at=f"{days}d10m"),
            used_in(new, 800, at=f"{days}d45m"),
        ],
        interval="5m",
    )
    run_rules(
        tmp_path, chosen(rules, names.PERIOD_COUNTED, names.USED), [case], evaluate_every="5m"
    )


def test_a_backfilled_month_of_31_days_is_counted_from_its_first_step_to_its_last(
    tmp_path: Path,
) -> None:
    quotas = parse_quotas((HEAD + "  - {name: a, limit: 1 TB}\n").encode())
    rules = render_files(compile_rules(quotas, NOW, live=False))
    labels = {names.CALENDAR: "month", names.PERIOD: "197001"}
    case = Case(
        {
            series(names.DELTA, direction="egress", **labels): "1+0x743",
            series(names.PERIOD_ELAPSED, **labels): "0+3600x743",
        },
        [used(("a", "197001", 744), at="743h")],
        interval="1h",
    )
    run_rules(tmp_path, chosen(rules, names.USED), [case], evaluate_every="1h")


def test_the_last_step_counts_even_if_quotas_are_evaluated_before_the_accounting(
    tmp_path: Path,
) -> None:
    rules = rules_of(HEAD + "  - {name: a, period: hour, limit: 1 kB}\n")
    labels = {names.CALENDAR: "hour", names.PERIOD: "1970010100"}
    query = f'max by (period) (max_over_time({names.USED}{{period="1970010100"}}[1h]))'
    case = Case(
        {
            # The last step of the hour began at 00:59:00 and is recorded as late as possible.
            series(names.TOTAL, direction="egress", **labels): "_x721 900 _x11 1000",
            series(names.PERIOD_ELAPSED, **labels): "_x697 3485 _x11 3545",
        },
        [Samples(query, "70m", [({"period": "1970010100"}, 1000)])],
        interval="5s",
    )
    run_rules(tmp_path, chosen(rules, names.PERIOD_COUNTED, names.USED), [case])


def test_bytes_after_scrapes_that_failed_at_the_end_of_a_period_count_in_the_new_one(
    tmp_path: Path,
) -> None:
    rules = rules_of(HEAD + "  - {name: a, period: hour, limit: 1 TB}\n")
    # The last scrape of the first hour is that of 00:57:00, the next that of 01:02:00.
    case = Case(
        {up(): "1+0x228 0+0x18 1+0x200", counter(): "1000+100x228 stale _x18 25800+100x200"},
        [
            used(("a", "1970010100", 228 * 100), ("a", "1970010101", 0), at="61m"),
            used_in("1970010101", 2_000, at="63m"),
            used_in("1970010101", 2_000 + 16 * 400, at="79m"),
        ],
    )
    run_rules(tmp_path, rules, [case])


def test_an_opening_balance_counts_only_in_its_period(tmp_path: Path) -> None:
    rules = rules_of(
        HEAD + "  - {name: a, period: hour, limit: 10 kB,"
        " opening_balance: 3 kB, opening_period: 1970-01-01T01}\n"
        "  - {name: idle, service: idle, period: hour, limit: 10 kB,"
        " opening_balance: 3 kB, opening_period: 1970-01-01T01}\n"
        "  - {name: other, period: hour, limit: 10 kB,"
        " opening_balance: 3 kB, opening_period: 1970-01-02T01}\n"
    )
    first, second, third = (f"19700101{hour:02}" for hour in range(3))

    def at(period: str, a: int, idle: int, *, minutes: int) -> Samples:
        query = f'sum by ({names.QUOTA}) ({names.USED}{{period="{period}"}})'
        values = {"a": a, "idle": idle, "other": a - idle}
        expected = [({"quota": name}, float(value)) for name, value in values.items()]
        return Samples(query, f"{minutes}m", expected)

    case = Case(
        {up(): "1+0x600", counter(): "1000+10x600"},
        [
            at(first, 58 * 40, 0, minutes=59),
            at(second, 3_000, 3_000, minutes=60),
            at(first, 60 * 40, 0, minutes=61),
            at(second, 3_000 + 28 * 40, 3_000, minutes=89),
            at(third, 0, 0, minutes=120),
            at(third, 8 * 40, 0, minutes=129),
        ],
    )
    run_rules(tmp_path, rules, [case])
