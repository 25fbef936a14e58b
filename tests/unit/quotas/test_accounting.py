"""How the accounting expression is written; what it counts is tested with promtool."""

from quotas.accounting import delta_query, explain
from quotas.model import Accounting

SETTINGS = Accounting(resolution_seconds=90, gap_tolerance_seconds=1_800, scrape_delay_seconds=20)


def test_step_gap_and_delay_are_those_of_the_accounting() -> None:
    query = delta_query(SETTINGS)
    assert "max_over_time(kong_bandwidth_bytes[1m30s] offset 20s)" in query
    assert "kong_bandwidth_bytes offset 1m50s" in query
    assert "last_over_time(kong_bandwidth_bytes[30m] offset 1m50s)" in query
    assert "max_over_time(up[30m] offset 1m50s) == 1" in query


def test_without_delay_a_step_ends_now() -> None:
    query = delta_query(SETTINGS, delay_seconds=0)
    assert "max_over_time(kong_bandwidth_bytes[1m30s])" in query
    assert "kong_bandwidth_bytes offset 1m30s" in query
    assert "offset 0s" not in query


def test_matchers_narrow_every_look_at_the_counters() -> None:
    query = delta_query(SETTINGS, matchers='{route="r"}')
    assert query.count("kong_bandwidth_bytes") == query.count('kong_bandwidth_bytes{route="r"}')


def test_a_gateway_is_known_by_itself_or_where_new_targets_count_by_its_job() -> None:
    assert "on (job)\n" not in delta_query(Accounting())
    assert "and on (job)\n" in delta_query(Accounting(count_new_targets=True))


def test_the_explanation_names_the_settings_and_leaves_no_hole() -> None:
    text = explain(SETTINGS)
    assert "from 1m50s ago" not in text
    assert "from 1m30s + 20s ago until 20s ago" in text
    assert "past 30m" in text
    assert "$" not in text


def test_the_explanation_tells_what_a_new_gateway_counts() -> None:
    assert "counts from its first scrape" in explain(Accounting())
    assert "counts all of it" in explain(Accounting(count_new_targets=True))


def test_a_step_can_be_other_than_the_resolution() -> None:
    assert delta_query(Accounting(), step_seconds=30) == delta_query(Accounting(30))


def test_a_step_can_be_finer_than_a_second() -> None:
    query = delta_query(Accounting(), delay_seconds=0, step_seconds=4.007)
    assert "max_over_time(kong_bandwidth_bytes[4s7ms])" in query
    assert "kong_bandwidth_bytes offset 4s7ms" in query
    assert "[1m]" not in query
