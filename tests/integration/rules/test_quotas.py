"""Used, ratio and limit of quotas, in Prometheus's own engine."""

from pathlib import Path

import pytest

from quotas import names
from tests.integration.support.promtool import (
    Case,
    Samples,
    counter,
    rules_of,
    run_rules,
    series,
    up,
)

HEAD = "version: 1\ndefaults: {notify: [ops@example.com]}\nquotas:\n"


def used(*expected: tuple[str, str, float], at: str) -> Samples:
    """Return the expectation of ``used`` by quota and period."""
    query = f"sum by ({names.QUOTA}, {names.PERIOD}) ({names.USED})"
    return Samples(
        query,
        at,
        [({"period": period, "quota": quota}, value) for quota, period, value in expected],
    )


def used_in(period: str, value: float, *, at: str) -> Samples:
    """Return the expectation of ``used`` in one period, whatever there is of others."""
    query = f'sum by ({names.PERIOD}) ({names.USED}{{{names.PERIOD}="{period}"}})'
    return Samples(query, at, [({"period": period}, value)])


def test_a_quota_without_traffic_has_used_nothing_rather_than_being_absent(
    tmp_path: Path,
) -> None:
    rules = rules_of(HEAD + "  - {name: a, service: idle, limit: 1 kB}\n")
    case = Case(
        {up(): "1+0x80", counter(): "0+100x80"},
        [
            used(("a", "197001", 0), at="20m"),
            Samples(names.RATIO, "20m", [_of("a", names.RATIO, "197001", 0, service="idle")]),
        ],
    )
    run_rules(tmp_path, rules, [case])


def _of(
    quota: str, metric: str, period: str, value: float, **labels: str
) -> tuple[dict[str, str], float]:
    calendar = {"calendar": "month", **labels}
    return {"__name__": metric, "quota": quota, "period": period, **calendar}, value


def test_used_and_ratio_carry_selector_and_own_labels_and_limit_only_the_name(
    tmp_path: Path,
) -> None:
    rules = rules_of(
        HEAD + "  - {name: a, service: bun-service, direction: egress, limit: 4 kB,"
        " labels: {team: bun, cost: '7'}}\n"
    )
    labels = {"service": "bun-service", "direction": "egress", "team": "bun", "cost": "7"}
    case = Case(
        {up(): "1+0x80", counter(): "_x8 100+100x9"},
        [
            Samples(names.USED, "20m", [_of("a", names.USED, "197001", 1_000, **labels)]),
            Samples(names.RATIO, "20m", [_of("a", names.RATIO, "197001", 0.25, **labels)]),
            Samples(names.LIMIT, "20m", [({"__name__": names.LIMIT, "quota": "a"}, 4_000)]),
        ],
    )
    run_rules(tmp_path, rules, [case])


def test_an_hour_is_complete_before_it_ends_and_the_next_starts_from_nothing(
    tmp_path: Path,
) -> None:
    rules = rules_of(HEAD + "  - {name: a, period: hour, limit: 1 TB}\n")
    case = Case(
        {up(): "1+0x600", counter(): "1000+100x600"},
        [
            # What was scraped until 00:58:45; the first step began before 1970.
            used(("a", "1970010100", 58 * 400), at="59m"),
            used(("a", "1970010100", 59 * 400), ("a", "1970010101", 0), at="60m"),
            # The step that began at 00:59:50 is the old hour's, and its last.
            used(("a", "1970010100", 60 * 400), ("a", "1970010101", 0), at="61m"),
            used_in("1970010101", 400, at="62m"),
            used(("a", "1970010101", 3 * 400 + 400), at="65m"),
            used(("a", "1970010101", 58 * 400), at="119m"),
            used(("a", "1970010101", 59 * 400), ("a", "1970010102", 0), at="120m"),
            used(("a", "1970010101", 60 * 400), ("a", "1970010102", 0), at="121m"),
        ],
    )
    run_rules(tmp_path, rules, [case])


def test_a_day_is_complete_before_it_ends_and_the_next_starts_from_nothing(tmp_path: Path) -> None:
    rules = rules_of(
        HEAD.replace("quotas:", "accounting: {resolution: 5m}\nquotas:")
        + "  - {name: a, period: day, limit: 1 TB}\n"
    )
    case = Case(
        {up(): "1+0x600", counter(): "1000+100x600"},
        [
            # Scrapes every 5 minutes, 00:00 the first: the last that is counted is of 23:50.
            used(("a", "19700101", 286 * 100), at="23h55m"),
            used(("a", "19700101", 287 * 100), ("a", "19700102", 0), at="24h"),
            used(("a", "19700101", 288 * 100), ("a", "19700102", 0), at="24h5m"),
            used_in("19700102", 100, at="24h10m"),
            used(("a", "19700102", 400), at="24h25m"),
            used(("a", "19700102", 286 * 100), at="47h55m"),
            used(("a", "19700102", 287 * 100), ("a", "19700103", 0), at="48h"),
        ],
        interval="5m",
    )
    run_rules(tmp_path, rules, [case], evaluate_every="5m")


def test_a_steady_rate_is_forecast_to_the_end_of_the_period(tmp_path: Path) -> None:
    rules = rules_of(HEAD + "  - {name: a, period: hour, limit: 1 TB, forecast: true}\n")
    # 400 bytes a minute; at 02:20 the hour has 19 steps, the first was evaluated at 02:02.
    case = Case(
        {up(): "1+0x900", counter(): "1000+100x900"},
        [
            Samples(
                names.FORECAST,
                "140m",
                [_of("a", names.FORECAST, "1970010102", 19 * 400 + 400 * 40, calendar="hour")],
            ),
        ],
    )
    run_rules(tmp_path, rules, [case])


def test_a_last_step_counts_though_accounting_is_evaluated_after_the_quotas(tmp_path: Path) -> None:
    rules = rules_of(HEAD + "  - {name: a, period: hour, limit: 1 kB}\n")
    labels = {names.CALENDAR: "hour", names.PERIOD: "1970010100"}
    query = f'max by (period) (max_over_time({names.USED}{{period="1970010100"}}[1h]))'
    case = Case(
        {
            # The hour's last step began at 00:59:00 and is recorded as late as can be.
            series(names.DELTA, direction="egress", **labels): "_x721 900 _x11 100",
            series(names.PERIOD_ELAPSED, **labels): "_x697 3485 _x11 3545",
        },
        [Samples(query, "70m", [({"period": "1970010100"}, 1000)])],
        interval="5s",
    )
    run_rules(tmp_path, {"quotas.yml": rules["gateway-quotas-hour.yml"]}, [case])


@pytest.mark.parametrize(
    ("days", "old", "new"),
    [
        pytest.param(31, "197001", "197002", id="31 days"),
        pytest.param(59, "197002", "197003", id="28 days"),
        pytest.param(120, "197004", "197005", id="30 days"),
    ],
)
def test_a_month_is_complete_at_its_end_and_the_next_starts_from_nothing(
    tmp_path: Path, days: int, old: str, new: str
) -> None:
    rules = rules_of(
        HEAD.replace("quotas:", "accounting: {resolution: 5m}\nquotas:")
        + "  - {name: a, limit: 1 TB}\n"
    )
    # What is recorded from three hours before the end on; a step is counted one step later.
    turn = days * 288
    recorded = {}
    for period, first in ((old, turn - 36), (new, turn)):
        labels = {names.CALENDAR: "month", names.PERIOD: period}
        recorded[series(names.PERIOD_ELAPSED, **labels)] = f"_x{first} 0+300x35"
        recorded[series(names.DELTA, direction="egress", **labels)] = f"_x{first + 2} 100+0x35"
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
    month = {"quotas.yml": rules["gateway-quotas-month.yml"]}
    run_rules(tmp_path, month, [case], evaluate_every="5m")


def test_a_month_of_31_days_is_counted_from_its_first_step_to_its_last(tmp_path: Path) -> None:
    rules = rules_of(HEAD + "  - {name: a, limit: 1 TB}\n")
    labels = {names.CALENDAR: "month", names.PERIOD: "197001"}
    case = Case(
        {
            series(names.DELTA, direction="egress", **labels): "1+0x743",
            series(names.PERIOD_ELAPSED, **labels): "0+3600x743",
        },
        [used(("a", "197001", 744), at="743h")],
        interval="1h",
    )
    month = {"quotas.yml": rules["gateway-quotas-month.yml"]}
    run_rules(tmp_path, month, [case], evaluate_every="1h")


def test_a_scrape_that_fails_at_the_turn_loses_nothing_and_counts_in_the_new_period(
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


def test_an_opening_balance_counts_in_its_period_alone(tmp_path: Path) -> None:
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


def test_a_rolling_window_forgets_what_is_older_and_has_no_period(tmp_path: Path) -> None:
    rules = rules_of(
        HEAD + "  - {name: a, period: {rolling: 1h}, limit: 1 kB}\n"
        "  - {name: each, for_each: service, period: {rolling: 1h}, limit: 1 kB}\n"
    )
    query = f"sum by (quota, calendar, service, period) ({names.USED})"
    a, each = {"quota": "a", "calendar": "rolling:1h"}, {"quota": "each", "calendar": "rolling:1h"}
    each["service"] = "bun-service"
    case = Case(
        {up(): "1+0x600", counter(): "_x39 500+0x199 700+0x300"},
        [
            Samples(query, "9m", [(a, 0)]),
            Samples(query, "11m", [(a, 500), (each, 500)]),
            Samples(query, "69m", [(a, 700), (each, 700)]),
            Samples(query, "73m", [(a, 200), (each, 200)]),
            Samples(query, "125m", [(a, 0), (each, 0)]),
            Samples(f'{names.RATIO}{{quota="a"}}', "69m", [(a | {"__name__": names.RATIO}, 0.7)]),
        ],
    )
    run_rules(tmp_path, rules, [case])


def test_for_each_counts_each_by_itself_but_for_those_without_a_name_and_those_excepted(
    tmp_path: Path,
) -> None:
    rules = rules_of(
        HEAD
        + "  - {name: each, for_each: consumer, except: {consumer: [big, 'b.g']},"
        + " period: hour, limit: 1 kB}\n"
        + "  - {name: pairs, for_each: [consumer, service], service: {matches: 's.'},"
        + " except: {service: [s3]}, period: hour, limit: 1 TB}\n"
    )
    born = {
        counter(service="s1", consumer="c1"): 1,
        counter(service="s1", consumer="c1", direction="ingress"): 10,
        counter(service="s2", consumer="c1"): 100,
        counter(service="s2", consumer="bxg"): 1_000,
        counter(service="s3", consumer="big"): 10_000,
        counter(service="s2", consumer="big"): 20_000,
        counter(service="s1", consumer=""): 100_000,
        counter(service="other", consumer="c2"): 1_000_000,
    }
    query = f"sum by (quota, service, consumer) ({names.USED}{{period=%s}})"

    def at(period: str, minutes: int, *, factor: int) -> Samples:
        found = [
            ({"quota": "each", "consumer": "c1"}, 111),
            ({"quota": "each", "consumer": "bxg"}, 1_000),
            ({"quota": "each", "consumer": "c2"}, 1_000_000),
            ({"quota": "pairs", "consumer": "c1", "service": "s1"}, 11),
            ({"quota": "pairs", "consumer": "c1", "service": "s2"}, 100),
            ({"quota": "pairs", "consumer": "bxg", "service": "s2"}, 1_000),
            ({"quota": "pairs", "consumer": "big", "service": "s2"}, 20_000),
        ]
        expected = [(labels, factor * value) for labels, value in found]
        return Samples(query % f'"{period}"', f"{minutes}m", expected)

    case = Case(
        {up(): "1+0x400", **{name: f"_x8 {value}+0x400" for name, value in born.items()}},
        [
            at("1970010100", 30, factor=1),
            at("1970010100", 61, factor=1),
            # Each one that was known a moment ago has used nothing yet.
            at("1970010101", 60, factor=0),
            at("1970010101", 61, factor=0),
            at("1970010101", 90, factor=0),
        ],
    )
    run_rules(tmp_path, rules, [case])


def test_a_limit_that_is_raised_in_mid_period_ends_alerts_until_it_is_neared_again(
    tmp_path: Path,
) -> None:
    rules = rules_of(HEAD + "  - {name: a, limit: 1 kB, thresholds: [90]}\n")
    labels = {"quota": "a", "calendar": "month", "period": "197001"}
    case = Case(
        {
            series(names.USED, **labels): "800+10x60",
            series(names.LIMIT, quota="a"): "1000+0x20 1500+0x60",
        },
        [
            Samples("sum(ALERTS)", "9m", []),
            Samples("sum(ALERTS)", "11m", [({}, 1)]),
            Samples("sum(ALERTS)", "20m", [({}, 1)]),
            Samples(f"sum({names.RATIO})", "22m", [({}, 1_020 / 1_500)]),
            Samples("sum(ALERTS)", "54m", []),
            Samples("sum(ALERTS)", "55m", [({}, 1)]),
        ],
        interval="1m",
    )
    run_rules(tmp_path, {"alerts.yml": rules["gateway-quota-alerts.yml"]}, [case])
