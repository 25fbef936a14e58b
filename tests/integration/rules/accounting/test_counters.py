"""What single counters count: when they grow, appear, fall and disappear."""

from pathlib import Path

from quotas import names
from quotas.accounting_options import Accounting
from quotas.calendars import DAY, HOUR
from quotas.model import Quota, QuotaFile
from quotas.rule_files.rendering import render_files
from quotas.rules.compiler import compile_rules
from tests.integration.rules.accounting.stories import SOON, AssertCounted, accounting_rules
from tests.integration.support.promtool import NOW, Case, Samples, counter, run_rules, up


def test_steady_traffic_is_counted_to_the_byte(assert_counted: AssertCounted) -> None:
    assert_counted(4_000, {up(): "1+0x80", counter(): "0+100x40"})


def test_an_idle_counter_counts_nothing(assert_counted: AssertCounted) -> None:
    assert_counted(0, {up(): "1+0x80", counter(): "5000+0x80"})


def test_a_counter_that_appears_on_a_known_gateway_counts_from_zero(
    assert_counted: AssertCounted,
) -> None:
    assert_counted(1_700, {up(): "1+0x80", counter(): "_x16 700+50x20"})


def test_a_single_request_on_a_rare_route_counts_exactly_once(
    assert_counted: AssertCounted,
) -> None:
    assert_counted(512, {up(): "1+0x300", counter(): "_x16 512+0x280"}, at="80m")


def test_a_counter_that_restarts_between_two_scrapes_counts_from_zero(
    assert_counted: AssertCounted,
) -> None:
    assert_counted(2_030, {up(): "1+0x80", counter(): "1000+100x20 30+0x10"})


def test_a_counter_that_restarts_within_a_step_loses_no_byte_that_was_scraped(
    assert_counted: AssertCounted,
) -> None:
    assert_counted(1_940, {up(): "1+0x80", counter(): "1000+100x16 20+20x16"})


def test_a_counter_that_disappeared_counts_its_growth_when_it_returns(
    assert_counted: AssertCounted,
) -> None:
    assert_counted(4_900, {up(): "1+0x80", counter(): "100+10x16 stale _x7 5000+0x20"})


def test_every_calendar_counts_the_same_bytes(tmp_path: Path) -> None:
    quotas = tuple(Quota(c.name, 1, {}, calendar=c) for c in (HOUR, DAY))
    files = render_files(compile_rules(QuotaFile(Accounting(), (), quotas), NOW))
    case = Case(
        {up(): "1+0x200", counter(): "0+100x120"},
        [
            Samples(
                f"sum by (calendar) ({names.TOTAL})",
                "45m",
                [({"calendar": name}, 12_000) for name in ("hour", "day", "month")],
            )
        ],
    )
    run_rules(tmp_path, {"gateway-quotas.yml": files["gateway-quotas.yml"]}, [case])


def test_bytes_are_counted_by_their_labels(tmp_path: Path) -> None:
    labels = {
        "service": "s",
        "route": "r",
        "consumer": "c",
        "workspace": "w",
        "direction": "ingress",
    }
    case = Case(
        {up(): "1+0x100", counter(**labels): "_x8 100+100x39", counter(): "0+1x80"},
        [Samples(f'sum_over_time({names.DELTA}{{route="r"}}[1d])', SOON, [(labels, 4_000)])],
    )
    run_rules(tmp_path, accounting_rules(Accounting()), [case])
