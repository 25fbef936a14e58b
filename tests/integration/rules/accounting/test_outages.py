"""Failed scrapes, outages of Prometheus, and gateways that disappear for a while."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.integration.rules.accounting.stories import (
    LATE,
    TOTAL,
    AssertCounted,
    Story,
    assert_totals,
)
from tests.integration.support.promtool import counter, up
from tests.marks import thorough


@pytest.mark.parametrize("counts", [(1, 5, 20, 21, 40), thorough(range(1, 41))])
def test_one_to_forty_failed_scrapes_are_caught_up(tmp_path: Path, counts: Iterable[int]) -> None:
    def outage(failures: int) -> Story:
        silent = f"stale _x{failures - 1}" if failures > 1 else "stale"
        return {
            up(): f"1+0x20 0+0x{failures - 1} 1+0x40",
            counter(): f"1000+100x20 {silent} {3100 + 100 * failures}+100x19",
        }

    stories = {
        f"{failures} failed": (outage(failures), TOTAL, 4_000 + 100 * failures)
        for failures in counts
    }
    assert_totals(tmp_path, stories)


@pytest.mark.parametrize("counts", [(1, 20, 120), thorough((3, 4, 12, 19, 21, 40))])
def test_bytes_that_moved_while_prometheus_was_down_are_caught_up(
    tmp_path: Path, counts: Iterable[int]
) -> None:
    stories = {
        f"{scrapes} scrapes": (
            {
                up(): f"1+0x20 _x{scrapes} 1+0x40",
                counter(): f"1000+100x20 _x{scrapes} {3100 + 100 * scrapes}+100x19",
            },
            TOTAL,
            4_000 + 100 * scrapes,
        )
        for scrapes in counts
    }
    assert_totals(tmp_path, stories, at="50m")


def test_a_counter_that_appears_during_an_outage_counts_from_zero(
    assert_counted: AssertCounted,
) -> None:
    assert_counted(900, {up(): "1+0x20 0+0x9 1+0x40", counter(): "_x31 900+0x30"})


def test_a_gateway_that_was_away_longer_than_the_gap_tolerance_counts_from_its_return(
    assert_counted: AssertCounted,
) -> None:
    story = {
        up(): "1+0x20 0+0x249 1+0x40",
        counter(): "1000+100x20 stale _x249 1000000+100x10",
    }
    assert_counted(3_000, story, at=LATE)


def test_a_gateway_that_was_restarted_counts_from_zero(assert_counted: AssertCounted) -> None:
    story = {
        up(): "1+0x20 0+0x3 1+0x40",
        counter(): "1000+100x20 stale _x3 50+10x20",
        counter(route="rare"): "7000+0x20 stale _x23 40+0x20",
    }
    assert_counted(2_000 + 250 + 40, story)


def test_a_gateway_that_disappears_for_good_counts_its_last_bytes_once(
    assert_counted: AssertCounted,
) -> None:
    assert_counted(2_000, {up(): "1+0x20 stale _x60", counter(): "1000+100x20 stale _x60"})


def test_a_gateway_that_returns_within_the_gap_tolerance_is_caught_up(
    assert_counted: AssertCounted,
) -> None:
    story = {
        up(): "1+0x20 stale _x30 1+0x40",
        counter(): "1000+100x20 stale _x30 7000+10x20",
    }
    assert_counted(6_200, story)


def test_a_partition_longer_than_the_gap_tolerance_is_not_counted_twice_if_new_targets_count(
    assert_counted: AssertCounted,
) -> None:
    story = {
        up("a:8100"): "1+0x400",
        counter("a:8100"): "0+0x400",
        up("b:8100"): "1+0x20 0+0x249 1+0x40",
        counter("b:8100"): "0+100x20 stale _x249 2000+0x20",
    }
    assert_counted(2_000, story, at=LATE, count_new_targets=True)


def test_a_gateway_that_left_discovery_longer_than_the_gap_tolerance_is_not_counted_twice(
    assert_counted: AssertCounted,
) -> None:
    story = {
        up("a:8100"): "1+0x400",
        up("b:8100"): "1+0x20 stale _x248 1+0x60",
        counter("b:8100"): "0+100x20 stale _x248 2000+0x60",
    }
    assert_counted(2_000, story, at=LATE, count_new_targets=True)


def test_an_outage_of_prometheus_before_a_gateway_returns_counts_nothing_twice(
    assert_counted: AssertCounted,
) -> None:
    story = {
        up("a:8100"): "1+0x20 1+0x9 _x60 1+0x300",
        up("b:8100"): "1+0x20 0+0x9 _x60 0+0x220 1+0x60",
        counter("b:8100"): "0+100x20 stale _x290 2000+0x60",
    }
    assert_counted(2_000, story, at=LATE, count_new_targets=True)


def test_the_bytes_of_several_gateways_are_added_up(assert_counted: AssertCounted) -> None:
    story = {
        up("a:8100"): "1+0x80",
        up("b:8100"): "1+0x40 0+0x7 1+0x32",
        counter("a:8100"): "1000+100x40",
        counter("b:8100"): "0+7x40 stale _x7 337+7x10",
    }
    assert_counted(4_000 + 407, story)


REQUESTS = "kong_nginx_requests_total" + up().removeprefix("up")
# It restarts at the scrape with index 21.
RESTARTED = {
    up(): "1+0x90",
    REQUESTS: "1000+10x20 5+10x69",
    counter(): "500+100x20 10+10x69",
}
RESTARTED_BYTES = 2_000 + 700


def test_a_counter_that_appears_and_is_hidden_within_a_step_counts_once(
    assert_counted: AssertCounted,
) -> None:
    story = {**RESTARTED, counter(route="rare"): "_x30 7000 7100 stale _x6 7300+0x50"}
    assert_counted(RESTARTED_BYTES + 7_300, story)


def test_what_a_counter_grew_in_the_step_of_a_restart_counts_although_it_is_gone(
    assert_counted: AssertCounted,
) -> None:
    story = {**RESTARTED, counter(route="rare"): "7000+0x18 7040 7100 stale _x6 60+0x50"}
    assert_counted(RESTARTED_BYTES + 100 + 60, story)


def test_a_counter_that_is_hidden_in_the_step_of_a_restart_counts_once(tmp_path: Path) -> None:
    story = {**RESTARTED, counter(route="rare"): "7000+0x20 8000 stale _x6 8200+0x50"}
    most_bytes = RESTARTED_BYTES + 8_200
    assert_totals(tmp_path, {"hidden": (story, f"({TOTAL}) <= bool {most_bytes}", 1)})
