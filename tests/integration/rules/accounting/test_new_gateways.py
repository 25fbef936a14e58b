"""Gateways that Prometheus sees for the first time: which of their bytes count."""

from tests.integration.rules.accounting.stories import AssertCounted
from tests.integration.support.promtool import counter, up


def test_a_gateway_that_has_run_for_a_year_counts_from_its_first_scrape(
    assert_counted: AssertCounted,
) -> None:
    assert_counted(2_000, {up(): "_x16 1+0x60", counter(): "_x16 1000000000000+100x20"})


def test_a_gateway_whose_scrapes_failed_at_first_counts_from_its_first_successful_scrape(
    assert_counted: AssertCounted,
) -> None:
    assert_counted(2_000, {up(): "0+0x15 1+0x60", counter(): "_x16 1000000000000+100x20"})


def test_a_new_pod_counts_from_zero_if_new_targets_count_and_its_job_was_up(
    assert_counted: AssertCounted,
) -> None:
    story = {
        up("old:8100"): "1+0x80",
        up("new:8100"): "_x16 1+0x60",
        counter("new:8100"): "_x16 700+100x20",
    }
    assert_counted(2_700, story, count_new_targets=True)


def test_a_new_pod_counts_from_its_first_scrape_if_new_targets_are_a_baseline(
    assert_counted: AssertCounted,
) -> None:
    story = {
        up("old:8100"): "1+0x80",
        up("new:8100"): "_x16 1+0x60",
        counter("new:8100"): "_x16 700+100x20",
    }
    assert_counted(2_000, story)


def test_a_new_prometheus_counts_no_earlier_bytes_even_if_new_targets_count(
    assert_counted: AssertCounted,
) -> None:
    story = {
        up("a:8100"): "1+0x80",
        up("b:8100"): "1+0x80",
        counter("a:8100"): "1000000000000+100x20",
        counter("b:8100"): "2000000000000+10x20",
    }
    assert_counted(2_200, story, count_new_targets=True)


def test_a_new_prometheus_counts_no_earlier_bytes_although_its_first_scrapes_are_spread(
    assert_counted: AssertCounted,
) -> None:
    story = {
        up("a:8100"): "1+0x80",
        up("b:8100"): "_ 1+0x79",
        counter("a:8100"): "1000000000000+100x20",
        counter("b:8100"): "_ 2000000000000+10x20",
    }
    assert_counted(2_200, story, count_new_targets=True)


def test_a_gateway_that_failed_since_prometheus_started_counts_no_earlier_bytes(
    assert_counted: AssertCounted,
) -> None:
    story = {
        up("a:8100"): "1+0x80",
        up("b:8100"): "0+0x15 1+0x60",
        counter("b:8100"): "_x16 1000000000000+100x20",
    }
    assert_counted(2_000, story, count_new_targets=True)


def test_a_new_pod_that_restarts_in_its_first_step_counts_both_runs(
    assert_counted: AssertCounted,
) -> None:
    story = {
        up("old:8100"): "1+0x80",
        up("new:8100"): "_x18 1+0x60",
        counter("new:8100"): "_x18 700 30+10x20",
    }
    # At some phases both runs lie in one step, at others there is a step between them.
    assert_counted(700 + 230, story, count_new_targets=True)


def test_a_counter_of_an_unknown_gateway_that_restarts_counts_only_the_bytes_since(
    assert_counted: AssertCounted,
) -> None:
    # The fall proves the second run. How much of the first moved earlier is unknown.
    story = {up(): "_x20 1+0x60", counter(): "_x20 1000000000000 30+10x20"}
    assert_counted(230, story)
