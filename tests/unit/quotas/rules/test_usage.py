"""How each quota's own rules are written; what they say is tested with promtool."""

import pytest

from quotas.calendars import DAY, Calendar, Rolling
from quotas.model import Accounting, Match, Quota, Threshold
from quotas.rules.usage import describe, limit_rule, used_rule

SELECTIVE = Quota(
    "b",
    500 * 10**9,
    {"service": Match(("x", "y.z")), "route": Match(regex='r.*"')},
    direction="egress",
    for_each=("consumer", "workspace"),
    excluded={"consumer": ("big", "b.c")},
    labels={"team": "bun"},
)


def query_of(quota: Quota) -> str:
    return used_rule(quota, Accounting()).query


def test_what_was_used_is_summed_over_the_longest_that_a_period_can_be() -> None:
    assert query_of(Quota("a", 1)) == (
        "(\n"
        "  sum by (period) "
        '(sum_over_time(gateway:bandwidth_bytes:delta{calendar="month"}[31d8m10s]))\n'
        "  or\n"
        "  0 * max by (period) "
        '(last_over_time(gateway:period:elapsed_seconds{calendar="month"}[8m10s]))\n'
        ")\n"
        "and on (period)\n"
        'max by (period) (last_over_time(gateway:period:elapsed_seconds{calendar="month"}[8m10s]))'
    )


def test_a_day_on_which_clocks_are_set_back_is_summed_whole() -> None:
    assert "[1d1h4m10s]" in query_of(Quota("a", 1, calendar=Calendar("day", 1, 0, "Asia/Tokyo")))
    assert "[1d4m10s]" in query_of(Quota("a", 1, calendar=DAY))


def test_a_selector_matches_names_lists_and_regular_expressions() -> None:
    assert (
        'delta{calendar="month", service=~"x|y\\\\.z", route=~"r.*\\"", consumer!="", '
        'consumer!~"big|b\\\\.c", workspace!="", direction="egress"}'
    ) in query_of(SELECTIVE)


def test_a_quota_for_each_is_by_what_it_ranges_over_and_leaves_out_what_has_no_value() -> None:
    assert "sum by (period, consumer, workspace) (" in query_of(SELECTIVE)
    assert "sum by (consumer) (" in query_of(
        Quota("a", 1, calendar=Rolling(3_600), for_each=("consumer",))
    )


def test_a_quota_for_each_of_what_it_selects_is_not_narrowed_twice() -> None:
    quota = Quota("a", 1, {"service": Match(("x", "y"))}, for_each=("service",))
    assert 'delta{calendar="month", service=~"x|y"}' in query_of(quota)


def test_labels_are_those_that_all_it_counts_has_in_common_and_its_own() -> None:
    assert used_rule(SELECTIVE, Accounting()).labels == {
        "quota": "b",
        "calendar": "month",
        "direction": "egress",
        "team": "bun",
    }
    one = Quota("a", 1, {"service": Match(("x",)), "route": Match(regex="r")}, direction="both")
    assert used_rule(one, Accounting()).labels == {
        "quota": "a",
        "calendar": "month",
        "service": "x",
    }


def test_a_label_that_a_quota_ranges_over_is_never_set_by_the_rule() -> None:
    quota = Quota("a", 1, {"service": Match(("x",))}, for_each=("service",))
    assert "service" not in used_rule(quota, Accounting()).labels


def test_a_rolling_window_is_the_sum_of_its_steps_and_has_no_period() -> None:
    query = query_of(Quota("a", 1, calendar=Rolling(7 * 86_400)))
    assert query == (
        'sum(sum_over_time(gateway:bandwidth_bytes:delta{calendar="month"}[7d]))\nor\nvector(0)'
    )


def test_an_opening_balance_counts_in_its_period_alone() -> None:
    query = query_of(Quota("a", 1, opening_bytes=5, opening_period=202611))
    assert 'or label_replace(vector(5), "period", "202611", "", "")' in query


def test_a_limit_is_a_number_of_bytes() -> None:
    rule = limit_rule(SELECTIVE)
    assert (rule.query, rule.labels) == ("vector(500000000000)", {"quota": "b"})


@pytest.mark.parametrize(
    ("quota", "facts"),
    [
        (Quota("a", 1), "quota a: limit 1 B; period month; told at 80, 90, 100 %"),
        (
            SELECTIVE,
            (
                'quota b: limit 500 GB; period month; service x, y.z; route matching r.*"; '
                "direction egress; for each consumer, workspace; except consumer big, b.c; "
                "told at 80, 90, 100 %; labels team=bun"
            ),
        ),
        (
            Quota(
                "c",
                10 * 2**30,
                calendar=Calendar("month", 15, timezone="Europe/Berlin"),
                thresholds=(Threshold(99.5, "info"),),
                opening_bytes=120 * 10**9,
                opening_period=202611,
                forecast=True,
            ),
            (
                "quota c: limit 10 GiB; period month:15@Europe/Berlin; opened with 120 GB in "
                "202611; told at 99.5 %; forecast told too"
            ),
        ),
    ],
    ids=["little", "selective", "all else"],
)
def test_a_quota_is_described_in_one_line(quota: Quota, facts: str) -> None:
    assert describe(quota) == facts
    assert used_rule(quota, Accounting()).comment == facts
