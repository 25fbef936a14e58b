"""How the accounting expressions are written. Integration tests check what they count."""

from quotas import names
from quotas.model import Accounting
from quotas.rules.accounting import (
    LONGEST_SHORT_STEP_SECONDS,
    counted_until_query,
    explain,
    recorded_query,
    step_query,
)

ACCOUNTING = Accounting(resolution_seconds=90, gap_tolerance_seconds=1_800, scrape_delay_seconds=20)
PERIOD = 'count_values("period", vector(202611))'


def test_the_query_has_the_step_and_the_gap_tolerance_of_the_accounting() -> None:
    query = step_query(ACCOUNTING)
    assert "max_over_time(kong_bandwidth_bytes[1m30s])" in query
    assert "kong_bandwidth_bytes offset 1m30s" in query
    assert "last_over_time(kong_bandwidth_bytes[30m] offset 1m30s)" in query
    assert "max_over_time(up[30m] offset 1m30s) == 1" in query
    assert "$" not in query


def test_a_step_ends_at_the_time_of_its_evaluation() -> None:
    assert "20s" not in step_query(ACCOUNTING)


def test_the_newest_complete_step_is_recorded_after_the_delay() -> None:
    query = recorded_query(ACCOUNTING, PERIOD)
    assert query.startswith("last_over_time((\n")
    # With the extra millisecond, a range that includes both ends never contains two steps.
    assert (
        f"{step_query(ACCOUNTING)}\n* on () group_left (period)\n{PERIOD}\n"
        ")[1m30s:1m30s] offset 20s1ms)\n"
    ) in query


def test_a_step_that_was_counted_is_not_counted_again() -> None:
    end = counted_until_query(ACCOUNTING).removeprefix("vector(").removesuffix(")")
    assert end == "((time() - 20.001) - (time() - 20.001) % 90)"
    assert recorded_query(ACCOUNTING, PERIOD).endswith(
        f"unless on ()\n(last_over_time(gateway:counted_until:timestamp_seconds[30m]) > {end} - 45)"
    )


def test_matchers_apply_to_every_read_of_the_counters() -> None:
    query = step_query(ACCOUNTING, matchers='{route="r"}')
    assert query.count("kong_bandwidth_bytes") == query.count('kong_bandwidth_bytes{route="r"}')


def test_a_gateway_can_be_known_through_its_job_only_if_new_targets_count() -> None:
    assert "on (job)\n" not in step_query(Accounting())
    assert "and on (job)\n" in step_query(Accounting(count_new_targets=True))


def test_the_explanation_contains_the_settings_and_no_placeholder() -> None:
    text = explain(ACCOUNTING)
    assert "one step of 1m30s" in text
    assert "past 30m" in text
    assert "20s after their end" in text
    assert "$" not in text


def test_the_explanation_says_what_a_new_gateway_counts() -> None:
    assert "from its first scrape: it may have run for a year." in explain(Accounting())
    assert "all of it, if its job was up" in explain(Accounting(count_new_targets=True))


def test_each_number_of_the_explanation_occurs_in_the_expression() -> None:
    for number in (1, 2, 3, 4):
        assert f" {number}. " in explain(ACCOUNTING)
        assert f"# {number}\n" in step_query(ACCOUNTING)


def test_a_step_can_have_another_length_than_the_resolution() -> None:
    assert step_query(Accounting(), step_seconds=30) == step_query(Accounting(30))


def test_a_step_can_end_between_seconds() -> None:
    query = step_query(Accounting(), step_seconds=4.007)
    assert "last_over_time(kong_bandwidth_bytes[4s7ms])" in query
    assert "kong_bandwidth_bytes offset 4s7ms" in query
    assert "[1m]" not in query


def test_a_step_of_one_scrape_detects_restarts_by_the_request_count_of_the_gateway() -> None:
    short = step_query(Accounting(LONGEST_SHORT_STEP_SECONDS))
    longer = step_query(Accounting(LONGEST_SHORT_STEP_SECONDS + 1))
    assert names.GATEWAY_REQUESTS in short
    assert names.GATEWAY_REQUESTS not in longer
    assert "max_over_time(kong_bandwidth_bytes" not in short
