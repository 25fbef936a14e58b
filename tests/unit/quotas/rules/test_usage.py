"""How the rules for used bytes, limit and ratio are written. Integration tests check values."""

from quotas.accounting_options import Accounting
from quotas.calendars import DAY, MONTH, Calendar, Rolling
from quotas.model import Match, Quota
from quotas.rules.usage import (
    counted_period_rule,
    held_used_rule,
    limit_rule,
    ratio_rule,
    used_rule,
)

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


def test_used_bytes_are_the_total_of_the_period() -> None:
    assert query_of(Quota("a", 1)) == (
        "sum by (period) (\n"
        '  last_over_time(gateway:bandwidth_bytes:total{calendar="month"}[3m])\n'
        "  or\n"
        '  0 * last_over_time(gateway:period:counted_seconds{calendar="month"}[3m])\n'
        ")"
    )


def test_a_period_is_counted_for_a_while_after_its_end() -> None:
    rule = counted_period_rule(MONTH, Accounting())
    assert rule.query.startswith(
        "max by (period) "
        '(last_over_time(gateway:period:elapsed_seconds{calendar="month"}[1h19m10s]))\nunless'
    )
    # Totals read it for three more minutes, and quotas read totals for three more.
    assert 'counted_seconds{calendar="month"}[3m]' in query_of(Quota("a", 1))
    assert rule.labels == {"calendar": "month"}


def test_between_an_upgrade_and_the_first_total_what_was_used_before_remains() -> None:
    rule = held_used_rule()
    assert rule.query.startswith(
        'last_over_time(quota:bandwidth_bytes:used{period!=""}[30m])\nand on ()\n'
    )
    assert rule.name == "quota:bandwidth_bytes:used"


def test_a_backfill_sums_the_steps_over_the_longest_possible_period() -> None:
    def backfilled(calendar: Calendar) -> str:
        return used_rule(Quota("a", 1, calendar=calendar), Accounting(), live=False).query

    assert 'sum_over_time(gateway:bandwidth_bytes:delta{calendar="day"}[1d1h19m10s])' in backfilled(
        DAY
    )
    # A day can last an hour longer where clocks are set back.
    assert "[1d2h19m10s]" in backfilled(Calendar("day", 1, 0, "Asia/Tokyo"))


def test_a_selector_matches_names_lists_and_regular_expressions() -> None:
    assert (
        'total{calendar="month", service=~"x|y\\\\.z", route=~"r.*\\"", consumer!="", '
        'consumer!~"big|b\\\\.c", workspace!="", direction="egress"}'
    ) in query_of(SELECTIVE)


def test_a_quota_with_for_each_sums_by_these_labels_where_they_have_a_value() -> None:
    assert "sum by (period, consumer, workspace) (" in query_of(SELECTIVE)
    assert "sum by (consumer) (" in query_of(
        Quota("a", 1, calendar=Rolling(3_600), for_each=("consumer",))
    )


def test_a_label_that_is_selected_and_in_for_each_has_one_matcher() -> None:
    quota = Quota("a", 1, {"service": Match(("x", "y"))}, for_each=("service",))
    assert 'total{calendar="month", service=~"x|y"}' in query_of(quota)


def test_the_series_has_the_common_labels_of_its_traffic_and_those_of_the_quota() -> None:
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


def test_the_rule_does_not_set_a_label_of_for_each() -> None:
    quota = Quota("a", 1, {"service": Match(("x",))}, for_each=("service",))
    assert "service" not in used_rule(quota, Accounting()).labels


def test_a_quota_of_both_directions_selects_no_direction() -> None:
    used = used_rule(Quota("a", 1, direction="both"), Accounting())
    assert 'total{calendar="month"}' in used.query
    assert used.labels == {"quota": "a", "calendar": "month"}


def test_a_rolling_window_is_the_sum_of_its_steps_and_has_no_period() -> None:
    query = query_of(Quota("a", 1, calendar=Rolling(7 * 86_400)))
    assert query == (
        'sum(sum_over_time(gateway:bandwidth_bytes:delta{calendar=~"|month"}'
        "[6d23h59m59s999ms]))\nor\nvector(0)"
    )


def test_an_opening_balance_counts_only_in_its_period() -> None:
    query = query_of(Quota("a", 1, opening_bytes=5, opening_period=202611))
    assert (
        "  or (\n"
        '  label_replace(vector(5), "period", "202611", "", "")\n'
        "  or\n"
        '  0 * last_over_time(gateway:period:counted_seconds{calendar="month"}[3m])\n'
        "  )\n"
    ) in query


def test_a_limit_is_a_number_of_bytes() -> None:
    rule = limit_rule(SELECTIVE)
    assert (rule.query, rule.labels) == ("vector(500000000000)", {"quota": "b"})


def test_the_ratio_reads_values_from_as_far_back_as_they_may_be() -> None:
    assert ratio_rule(reach_seconds=180).query == (
        "last_over_time(quota:bandwidth_bytes:used[3m])\n"
        "/ on (quota) group_left ()\n"
        "last_over_time(quota:bandwidth_bytes:limit[3m])"
    )
