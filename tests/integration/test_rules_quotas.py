"""Used, ratio and forecast of quotas, in Prometheus's own engine."""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from quotas import names
from quotas.calendars import CALENDARS, DAY_SECONDS, Calendar, period_at, period_label_query
from tests.integration.promtool import Case, Samples, check_rules, counter, rules_of, run_rules, up

HEAD = "version: 1\ndefaults: {notify: [ops@example.com]}\nquotas:\n"
NASTY_VALUES = [
    'with "quotes"',
    "it's",
    "back\\slash",
    "\\",
    "\\\\",
    "\\n",
    '\\"',
    "ends with \\",
    "`ticks`",
    "{{ $labels.quota }}",
    "{{",
    "}}",
    "{",
    "}",
    '"}',
    '"} or vector(1) #',
    "a|b",
    "$1",
    "${x}",
    "$service",
    "%q",
    "%",
    ".*",
    "^$",
    "[a-z]",
    "(a)",
    "a+b",
    "a, b",
    "# no comment",
    "key: value",
    "- item",
    "null",
    "true",
    " spaces ",
    "no-break\u00a0space",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "\U0001f680",
    "Zürich",
    "日本語",
    "x" * 1024,
]


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


def yaml_quote(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


@pytest.mark.parametrize("calendar", CALENDARS.values(), ids=CALENDARS)
def test_prometheus_and_python_give_a_time_the_same_period(
    tmp_path: Path, calendar: Calendar
) -> None:
    chance = random.Random(3)  # noqa: S311 - times, no secrets
    turns = [
        datetime(year, month, 1, tzinfo=UTC)
        for year in (1972, 1999, 2000, 2024, 2026, 2027, 2100)
        for month in range(1, 13)
    ]
    around = [turn + timedelta(seconds=s) for turn in turns for s in (-1, 0, 1)]
    anywhere = [datetime.fromtimestamp(chance.randrange(2**32), tz=UTC) for _ in range(100)]
    expected = [
        Samples(
            period_label_query(calendar, f"vector({int(time.timestamp())})"),
            "0s",
            [({names.PERIOD: str(period_at(calendar, time).id)}, 1)],
        )
        for time in (*around, *anywhere)
    ]
    run_rules(tmp_path, {}, [Case({}, expected)])


@pytest.mark.parametrize("days", [0, 0.9999, 30.5, 31, 44.21, 58, 58.9999, 364, 789.5, 790])
@pytest.mark.parametrize("calendar", CALENDARS.values(), ids=CALENDARS)
def test_prometheus_and_python_give_a_period_the_same_start_and_end(
    tmp_path: Path, calendar: Calendar, days: float
) -> None:
    seconds = int(days * DAY_SECONDS)
    time, at = datetime.fromtimestamp(seconds, tz=UTC), f"{seconds}s"
    period = period_at(calendar, time)
    elapsed, length = time - period.start, period.end - period.start
    expected = [
        Samples(f"vector({calendar.elapsed_seconds})", at, [({}, elapsed.total_seconds())]),
        Samples(f"vector({calendar.length_seconds})", at, [({}, length.total_seconds())]),
    ]
    run_rules(tmp_path, {}, [Case({}, expected)], evaluate_every="1000d")


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
    return {"__name__": metric, "quota": quota, "period": period, **labels}, value


def test_a_quota_counts_exactly_what_its_selector_matches(tmp_path: Path) -> None:
    quotas = """\
  - {name: all, limit: 1 TB}
  - {name: service, service: s1, limit: 1 TB}
  - {name: not-a-regex, service: "s.", limit: 1 TB}
  - {name: route, route: r1, limit: 1 TB}
  - {name: consumer, consumer: c1, limit: 1 TB}
  - {name: workspace, workspace: w1, limit: 1 TB}
  - {name: egress, service: s1, direction: egress, limit: 1 TB}
  - {name: ingress, service: s1, direction: ingress, limit: 1 TB}
  - {name: several, service: s1, consumer: c1, direction: egress, limit: 1 TB}
  - {name: same-again, service: s1, limit: 1 GB, labels: {team: bun}}
"""
    born = {
        counter(service="s1", route="r1", consumer="c1", workspace="w1"): 1,
        counter(service="s1", route="r1", consumer="c2", workspace="w1"): 10,
        counter(service="s1", route="r2", consumer="c1", workspace="w2", direction="ingress"): 100,
        counter(service="s2", route="r1", consumer="c1", workspace="w1", direction="ingress"): 1000,
        counter(service="s2", route="", consumer="", workspace=""): 10_000,
    }
    series = {up(): "1+0x80", **{name: f"_x8 {value}+0x70" for name, value in born.items()}}
    values = {
        "all": 11_111,
        "service": 111,
        "not-a-regex": 0,
        "route": 1_011,
        "consumer": 1_101,
        "workspace": 1_011,
        "egress": 11,
        "ingress": 100,
        "several": 1,
        "same-again": 111,
    }
    expected = [used(*((name, "197001", value) for name, value in values.items()), at="20m")]
    run_rules(tmp_path, rules_of(HEAD + quotas), [Case(series, expected)])


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


@pytest.mark.parametrize(
    ("last_day", "old", "new"),
    [
        pytest.param(30, "197001", "197002", id="31 days"),
        pytest.param(58, "197002", "197003", id="28 days"),
        pytest.param(119, "197004", "197005", id="30 days"),
        pytest.param(364, "197012", "197101", id="end of a year"),
        pytest.param(789, "197202", "197203", id="29 days"),
    ],
)
def test_a_month_stays_at_its_turn_and_the_next_starts_from_nothing(
    tmp_path: Path, last_day: int, old: str, new: str
) -> None:
    rules = rules_of(HEAD + "  - {name: a, limit: 1 TB}\n")
    # What accounting records, once a day: 7 bytes of the old month in each of its last days.
    delta = f'{names.DELTA}{{calendar="month", direction="egress", period="%s"}}'
    case = Case(
        {
            delta % old: f"_x{last_day - 20} 7+0x20",
            delta % new: f"_x{last_day + 1} 0 5+0x9",
        },
        [
            used(("a", old, 21 * 7), at=f"{last_day}d"),
            used(("a", old, 21 * 7), ("a", new, 0), at=f"{last_day + 1}d"),
            used(("a", new, 5), at=f"{last_day + 2}d"),
        ],
        interval="1d",
    )
    month = {"gateway-quotas-month.yml": rules["gateway-quotas-month.yml"]}
    run_rules(tmp_path, month, [case], evaluate_every="1d")


def test_a_month_of_31_days_is_counted_from_its_first_step_to_its_last(tmp_path: Path) -> None:
    rules = rules_of(HEAD + "  - {name: a, limit: 1 TB}\n")
    delta = f'{names.DELTA}{{calendar="month", direction="egress", period="197001"}}'
    case = Case({delta: "1+0x743"}, [used(("a", "197001", 744), at="743h")], interval="1h")
    month = {"gateway-quotas-month.yml": rules["gateway-quotas-month.yml"]}
    run_rules(tmp_path, month, [case], evaluate_every="1h")


def test_a_steady_rate_is_forecast_to_the_end_of_the_period(tmp_path: Path) -> None:
    rules = rules_of(HEAD + "  - {name: a, period: hour, limit: 1 TB, forecast: true}\n")
    # 400 bytes a minute; at 02:20 the hour has 19 steps, the first was evaluated at 02:02.
    case = Case(
        {up(): "1+0x900", counter(): "1000+100x900"},
        [
            Samples(
                names.FORECAST,
                "140m",
                [_of("a", names.FORECAST, "1970010102", 19 * 400 + 400 * 40)],
            ),
        ],
    )
    run_rules(tmp_path, rules, [case])


def test_labels_select_exactly_themselves_whatever_is_in_them(tmp_path: Path) -> None:
    quotas = "".join(
        f"  - {{name: q{i}, service: {yaml_quote(value)}, limit: 1 GB}}\n"
        for i, value in enumerate(NASTY_VALUES)
    )
    rules = rules_of(HEAD + quotas)
    check_rules(tmp_path, rules)
    series = {counter(service=value): f"_x8 {i + 1}+0x30" for i, value in enumerate(NASTY_VALUES)}
    query = f"sum by ({names.QUOTA}, {names.SERVICE}) ({names.USED})"
    expected = [
        ({"quota": f"q{i}", "service": value}, i + 1.0) for i, value in enumerate(NASTY_VALUES)
    ]
    case = Case({up(): "1+0x40", **series}, [Samples(query, "9m", expected)])
    run_rules(tmp_path, rules, [case])


def test_a_last_step_counts_though_accounting_is_evaluated_after_the_quotas(tmp_path: Path) -> None:
    rules = rules_of(
        "version: 1\ndefaults: {notify: [ops@example.com]}\nquotas:\n"
        "  - {name: a, period: hour, limit: 1 kB}\n"
    )
    hour = {"gateway-quotas-hour.yml": rules["gateway-quotas-hour.yml"]}
    delta = names.DELTA + '{calendar="hour", direction="egress", period="1970010100"}'
    query = f'max by (period) (max_over_time({names.USED}{{period="1970010100"}}[1h]))'
    case = Case(
        {delta: "_x721 900 _x11 100"},
        [Samples(query, "70m", [({"period": "1970010100"}, 1000)])],
        interval="5s",
    )
    run_rules(tmp_path, hour, [case])
