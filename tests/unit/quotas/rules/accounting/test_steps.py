"""How the accounting expression is written. Integration tests check what it counts."""

import re

from quotas.accounting_options import Accounting
from quotas.rules.accounting.evidence import look_ahead_seconds
from quotas.rules.accounting.steps import explain, step_query

ACCOUNTING = Accounting(resolution_seconds=90, gap_tolerance_seconds=1_800, scrape_delay_seconds=20)


def test_the_query_has_the_step_and_the_gap_tolerance_of_the_accounting() -> None:
    query = step_query(ACCOUNTING)
    assert "max_over_time(kong_bandwidth_bytes[1m30s])" in query
    assert "kong_bandwidth_bytes offset 1m30s" in query
    assert "last_over_time(kong_bandwidth_bytes[30m] offset 1m30s)" in query
    assert 'max_over_time(up{job="kong"}[30m] offset 1m30s)' in query
    assert "$" not in query


def test_only_the_gateways_among_the_targets_are_read() -> None:
    for accounting in (Accounting(), Accounting(count_new_targets=True)):
        assert re.findall(r"\bup\b(?!\{job=\"kong\"\})", step_query(accounting)) == []


def test_matchers_apply_to_every_read_of_the_counters() -> None:
    query = step_query(ACCOUNTING, matchers='{route="r"}')
    assert query.count("kong_bandwidth_bytes") == query.count('kong_bandwidth_bytes{route="r"}')


def test_only_with_matchers_other_counters_must_have_been_looked_at_by_the_rules() -> None:
    assert "gateway:missing_counters:count" not in step_query(ACCOUNTING)
    assert "gateway:missing_counters:count" in step_query(ACCOUNTING, matchers="")


def test_only_with_matchers_the_rules_must_have_recorded_the_step() -> None:
    assert "gateway:step_end:timestamp_seconds" not in step_query(ACCOUNTING)
    # The rules record a step 20 to 110 seconds after its end.
    query = step_query(ACCOUNTING, matchers="")
    assert "count_over_time(gateway:step_end:timestamp_seconds[1m30s] offset -1m50s)) >= 1" in query
    three = step_query(ACCOUNTING, matchers="", step_seconds=270)
    assert "count_over_time(gateway:step_end:timestamp_seconds[4m30s] offset -1m50s)) >= 3" in three


def test_a_step_of_other_length_must_be_recorded_until_after_its_end() -> None:
    # It may begin and end within recorded ones. Of those that overlap it, the first is recorded
    # at the earliest when the shifted range begins, the last at the latest when it ends.
    query = step_query(ACCOUNTING, matchers="", step_seconds=30)
    assert "count_over_time(gateway:step_end:timestamp_seconds[3m30s] offset -3m20s)) >= 2" in query
    assert look_ahead_seconds(ACCOUNTING) == 200


def test_new_gateways_are_looked_for_only_if_they_count() -> None:
    assert "gateway:seen:timestamp_seconds" not in step_query(Accounting())
    assert "gateway:seen:timestamp_seconds" in step_query(Accounting(count_new_targets=True))


def test_the_explanation_contains_the_settings_and_no_placeholder() -> None:
    text = explain(ACCOUNTING)
    assert "one step of 1m30s" in text
    assert "past 30m" in text
    assert "20s after their end" in text
    assert "$" not in text


def test_the_explanation_says_what_a_new_gateway_counts() -> None:
    assert "from their first scrape: they may have run for a year." in explain(Accounting())
    assert "all of it, if they were never seen" in explain(Accounting(count_new_targets=True))


def test_each_number_of_the_explanation_occurs_in_the_expression() -> None:
    for number in (1, 2, 3, 4, 5):
        assert f" {number}. " in explain(ACCOUNTING)
        assert re.search(rf"# {number}\b", step_query(ACCOUNTING))


def test_a_step_can_have_another_length_than_the_resolution() -> None:
    assert "kong_bandwidth_bytes[30s]" in step_query(Accounting(), step_seconds=30)


def test_a_step_can_end_between_seconds() -> None:
    query = step_query(Accounting(), step_seconds=4.007)
    assert "last_over_time(kong_bandwidth_bytes[4s7ms])" in query
    assert "kong_bandwidth_bytes offset 4s7ms" in query


def test_every_duration_is_longer_than_zero() -> None:
    for step_seconds in (0.001, 10, 60, 70, 130):
        assert re.findall(r"[\[ -]0s\b", step_query(Accounting(), step_seconds=step_seconds)) == []


def test_records_are_read_as_far_as_they_precede_the_step() -> None:
    # The step before is recorded 20 to 110 seconds after its end, which is the start of this one.
    assert "gateway:intact_since:timestamp_seconds[1m30s] offset -20s" in step_query(ACCOUNTING)
    # A step of other length may begin within a recorded one, which must have ended too.
    other = step_query(ACCOUNTING, step_seconds=30)
    assert "gateway:intact_since:timestamp_seconds[1m30s] offset -2m50s" in other
    assert "gateway:counters:count[30m] offset 10s" in other
