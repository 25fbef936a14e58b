"""The series of quotas: used bytes, limit, ratio and forecast, and their labels."""

from pathlib import Path

from quotas import names
from tests.integration.rules.usage.quotas import HEAD, used
from tests.integration.support.promtool import (
    Case,
    Samples,
    chosen,
    counter,
    rules_of,
    run_rules,
    series,
    up,
)


def series_of(
    quota: str, metric: str, period: str, value: float, **labels: str
) -> tuple[dict[str, str], float]:
    calendar = {"calendar": "month", **labels}
    return {"__name__": metric, "quota": quota, "period": period, **calendar}, value


def test_a_quota_without_traffic_has_used_zero_bytes(
    tmp_path: Path,
) -> None:
    rules = rules_of(HEAD + "  - {name: a, service: idle, limit: 1 kB}\n")
    case = Case(
        {up(): "1+0x80", counter(): "0+100x80"},
        [
            used(("a", "197001", 0), at="20m"),
            Samples(names.RATIO, "20m", [series_of("a", names.RATIO, "197001", 0, service="idle")]),
        ],
    )
    run_rules(tmp_path, rules, [case])


def test_used_and_ratio_have_the_labels_of_selector_and_quota_and_the_limit_only_the_name(
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
            Samples(names.USED, "20m", [series_of("a", names.USED, "197001", 1_000, **labels)]),
            Samples(names.RATIO, "20m", [series_of("a", names.RATIO, "197001", 0.25, **labels)]),
            Samples(names.LIMIT, "20m", [({"__name__": names.LIMIT, "quota": "a"}, 4_000)]),
        ],
    )
    run_rules(tmp_path, rules, [case])


def test_a_steady_rate_is_forecast_to_the_end_of_the_period(tmp_path: Path) -> None:
    rules = rules_of(HEAD + "  - {name: a, period: hour, limit: 1 TB, forecast: true}\n")
    # 400 bytes a minute. At 02:20 the hour has 19 steps; the first was evaluated at 02:02.
    case = Case(
        {up(): "1+0x900", counter(): "1000+100x900"},
        [
            Samples(
                names.FORECAST,
                "140m",
                [
                    series_of(
                        "a", names.FORECAST, "1970010102", 19 * 400 + 400 * 40, calendar="hour"
                    )
                ],
            ),
        ],
    )
    run_rules(tmp_path, rules, [case])


def test_a_rolling_window_drops_older_bytes_and_has_no_period(tmp_path: Path) -> None:
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


def test_for_each_counts_each_value_separately_without_empty_and_excluded_values(
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
            # Every entry that had traffic a moment ago starts at zero.
            at("1970010101", 60, factor=0),
            at("1970010101", 61, factor=0),
            at("1970010101", 90, factor=0),
        ],
    )
    run_rules(tmp_path, rules, [case])


def test_a_raised_limit_resolves_alerts_until_usage_reaches_the_threshold_again(
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
    run_rules(tmp_path, chosen(rules, names.RATIO, names.USAGE_ALERT), [case])
