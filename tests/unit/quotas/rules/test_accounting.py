"""How the accounting expression is written; what it counts is tested with promtool."""

from quotas import names
from quotas.model import Accounting
from quotas.rules.accounting import (
    LONGEST_SHORT_STEP_SECONDS,
    counted_until_query,
    explain,
    recorded_query,
    step_query,
)

SETTINGS = Accounting(resolution_seconds=90, gap_tolerance_seconds=1_800, scrape_delay_seconds=20)
PERIOD = 'count_values("period", vector(202611))'


def test_step_and_gap_are_those_of_the_accounting() -> None:
    query = step_query(SETTINGS)
    assert "max_over_time(kong_bandwidth_bytes[1m30s])" in query
    assert "kong_bandwidth_bytes offset 1m30s" in query
    assert "last_over_time(kong_bandwidth_bytes[30m] offset 1m30s)" in query
    assert "max_over_time(up[30m] offset 1m30s) == 1" in query
    assert "$" not in query


def test_a_step_ends_at_the_time_of_its_evaluation() -> None:
    assert "20s" not in step_query(SETTINGS)


def test_what_is_recorded_is_the_newest_whole_step_after_the_delay() -> None:
    query = recorded_query(SETTINGS, PERIOD)
    assert query.startswith("last_over_time((\n")
    # A millisecond keeps a range that is closed at both ends from holding two steps.
    assert (
        f"{step_query(SETTINGS)}\n* on () group_left (period)\n{PERIOD}\n"
        ")[1m30s:1m30s] offset 20s1ms)\n"
    ) in query


def test_a_step_that_was_counted_is_not_counted_again() -> None:
    end = counted_until_query(SETTINGS).removeprefix("vector(").removesuffix(")")
    assert end == "((time() - 20.001) - (time() - 20.001) % 90)"
    assert recorded_query(SETTINGS, PERIOD).endswith(
        f"unless on ()\n(last_over_time(gateway:counted_until:timestamp_seconds[30m]) > {end} - 45)"
    )


def test_matchers_narrow_every_look_at_the_counters() -> None:
    query = step_query(SETTINGS, matchers='{route="r"}')
    assert query.count("kong_bandwidth_bytes") == query.count('kong_bandwidth_bytes{route="r"}')


def test_a_gateway_is_known_by_itself_or_where_new_targets_count_by_its_job() -> None:
    assert "on (job)\n" not in step_query(Accounting())
    assert "and on (job)\n" in step_query(Accounting(count_new_targets=True))


def test_the_explanation_names_the_settings_and_leaves_no_hole() -> None:
    text = explain(SETTINGS)
    assert "one step of 1m30s" in text
    assert "past 30m" in text
    assert "20s after their end" in text
    assert "$" not in text


def test_the_explanation_tells_what_a_new_gateway_counts() -> None:
    assert "from its first scrape: it may have run for a year." in explain(Accounting())
    assert "all of it, if its job was up" in explain(Accounting(count_new_targets=True))


def test_each_numbered_remark_of_the_explanation_stands_in_the_expression() -> None:
    for number in (1, 2, 3, 4):
        assert f" {number}. " in explain(SETTINGS)
        assert f"# {number}\n" in step_query(SETTINGS)


def test_a_step_can_be_other_than_the_resolution() -> None:
    assert step_query(Accounting(), step_seconds=30) == step_query(Accounting(30))


def test_a_step_can_be_finer_than_a_second() -> None:
    query = step_query(Accounting(), step_seconds=4.007)
    assert "last_over_time(kong_bandwidth_bytes[4s7ms])" in query
    assert "kong_bandwidth_bytes offset 4s7ms" in query
    assert "[1m]" not in query


def test_a_step_of_one_scrape_asks_the_gateway_itself_whether_it_was_started_anew() -> None:
    short = step_query(Accounting(LONGEST_SHORT_STEP_SECONDS))
    longer = step_query(Accounting(LONGEST_SHORT_STEP_SECONDS + 1))
    assert names.GATEWAY_REQUESTS in short
    assert names.GATEWAY_REQUESTS not in longer
    assert "max_over_time(kong_bandwidth_bytes" not in short
