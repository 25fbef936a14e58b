"""What the compiled rules count, in Prometheus's own engine.

Gateways are scraped every 15 s and steps are whole minutes. Each story is told at several phases,
so that what happens in it meets the border between two steps in every way: with a scrape exactly
at it, and with the nearest one 5 s before or after. A delay of a whole step is a case of its own,
and so are steps of a scrape each.
"""

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from quotas import names
from quotas.calendars import DAY, HOUR
from quotas.model import Accounting, Quota, QuotaFile
from quotas.rule_files.rendering import render_files
from quotas.rules.compiler import compile_rules
from tests.integration.support.promtool import NOW, Case, Samples, counter, run_rules, up

# How many seconds the first scrape comes after a step began, by the step and the delay.
PHASES_SECONDS = {(60, 10): (0, 15, 35, 55), (60, 60): (20, 45), (15, 10): (5,)}
SCRAPE_SECONDS, GRID_SECONDS = 15, 5
END = "2h"
SOON = "26m"
TOTAL = f'sum(sum_over_time({names.DELTA}{{calendar="month"}}[1d])) or vector(0)'

Story = Mapping[str, str]
Counted = Callable[..., None]


@pytest.fixture
def counted(tmp_path: Path) -> Counted:
    """Return what fails unless the rules count, over all time, exactly these bytes."""

    def check(expected: int, story: Story, *, at: str = SOON, **settings: int | bool) -> None:
        assert_totals(tmp_path, {"story": (story, TOTAL, expected)}, at=at, **settings)

    return check


def assert_totals(
    folder: Path,
    stories: Mapping[str, tuple[Story, str, int]],
    *,
    at: str = SOON,
    **settings: int | bool,
) -> None:
    """Fail unless the query of each story has its value at the end, at each phase and delay."""
    for (step, delay), phases in PHASES_SECONDS.items():
        if step < 60 and (len(stories) > 1 or at != SOON):
            # Four times as many evaluations; short stories show enough.
            continue
        accounting = Accounting(
            resolution_seconds=step,
            scrape_delay_seconds=delay,
            **settings,  # type: ignore[arg-type]
        )
        cases = [
            Case(
                {name: shifted(values, phase) for name, values in story.items()},
                [Samples(query, at, [({}, expected)])],
                name=f"{title}, step {step} s, delay {delay} s, phase {phase} s",
                interval=f"{GRID_SECONDS}s",
            )
            for title, (story, query, expected) in stories.items()
            for phase in phases
        ]
        run_rules(folder, accounting_rules(accounting), cases, evaluate_every=f"{step}s")


def shifted(values: str, seconds: int) -> str:
    """Return promtool's notation of a series of scrapes, on a finer grid and some seconds later."""
    pause = f"_x{SCRAPE_SECONDS // GRID_SECONDS - 1}"
    late = f"_x{seconds // GRID_SECONDS} " if seconds else ""
    return late + " ".join(f"{scrape} {pause}" for scrape in scrapes(values))


def scrapes(values: str) -> Iterator[str]:
    """Yield what each scrape of a series in promtool's notation finds."""
    for token in values.split():
        first, _, times = token.partition("x")
        if first == "_":
            yield from ["_"] * int(times or 1)
        elif times:
            value, growth = map(int, first.split("+"))
            yield from (str(value + growth * n) for n in range(int(times) + 1))
        else:
            yield first


def accounting_rules(accounting: Accounting) -> dict[str, str]:
    quota = Quota("any", 1_000, {})
    files = render_files(compile_rules(QuotaFile(accounting, (), (quota,)), NOW))
    return {"gateway-accounting.yml": files["gateway-accounting.yml"]}


def test_steady_traffic_is_counted_to_the_byte(counted: Counted) -> None:
    counted(4_000, {up(): "1+0x80", counter(): "0+100x40"})


def test_an_idle_counter_counts_nothing(counted: Counted) -> None:
    counted(0, {up(): "1+0x80", counter(): "5000+0x80"})


def test_a_counter_that_appears_at_a_known_gateway_counts_with_its_first_value(
    counted: Counted,
) -> None:
    counted(1_700, {up(): "1+0x80", counter(): "_x16 700+50x20"})


def test_a_single_request_on_a_rare_route_counts_exactly_once(counted: Counted) -> None:
    counted(512, {up(): "1+0x300", counter(): "_x16 512+0x280"}, at="80m")


def test_a_counter_that_starts_again_between_two_scrapes_counts_from_zero(
    counted: Counted,
) -> None:
    counted(2_030, {up(): "1+0x80", counter(): "1000+100x20 30+0x10"})


def test_a_counter_that_starts_again_within_a_step_loses_nothing_that_was_scraped(
    counted: Counted,
) -> None:
    counted(1_940, {up(): "1+0x80", counter(): "1000+100x16 20+20x16"})


def test_a_counter_that_was_destroyed_counts_whole_when_it_is_back_even_if_larger(
    counted: Counted,
) -> None:
    counted(5_160, {up(): "1+0x80", counter(): "100+10x16 stale _x7 5000+0x20"})


def test_one_to_forty_failed_scrapes_are_caught_up(tmp_path: Path) -> None:
    def outage(failures: int) -> Story:
        silent = f"stale _x{failures - 1}" if failures > 1 else "stale"
        return {
            up(): f"1+0x20 0+0x{failures - 1} 1+0x40",
            counter(): f"1000+100x20 {silent} {3100 + 100 * failures}+100x19",
        }

    stories = {
        f"{failures} failed": (outage(failures), TOTAL, 4_000 + 100 * failures)
        for failures in range(1, 41)
    }
    assert_totals(tmp_path, stories)


def test_a_stretch_in_which_prometheus_itself_was_away_is_caught_up(tmp_path: Path) -> None:
    stories = {
        f"{scrapes} scrapes": (
            {
                up(): f"1+0x20 _x{scrapes} 1+0x40",
                counter(): f"1000+100x20 _x{scrapes} {3100 + 100 * scrapes}+100x19",
            },
            TOTAL,
            4_000 + 100 * scrapes,
        )
        for scrapes in (1, 3, 4, 12, 19, 20, 21, 40, 120)
    }
    assert_totals(tmp_path, stories, at="50m")


def test_a_counter_that_appears_while_its_gateway_did_not_answer_counts_whole(
    counted: Counted,
) -> None:
    counted(900, {up(): "1+0x20 0+0x9 1+0x40", counter(): "_x31 900+0x30"})


def test_a_gateway_that_was_away_beyond_the_gap_tolerance_counts_from_its_return(
    counted: Counted,
) -> None:
    story = {
        up(): "1+0x20 0+0x249 1+0x40",
        counter(): "1000+100x20 stale _x249 1000000+100x10",
    }
    counted(3_000, story, at=END)


def test_a_gateway_that_was_restarted_counts_from_zero(counted: Counted) -> None:
    story = {
        up(): "1+0x20 0+0x3 1+0x40",
        counter(): "1000+100x20 stale _x3 50+10x20",
        counter(route="rare"): "7000+0x20 stale _x23 40+0x20",
    }
    counted(2_000 + 250 + 40, story)


def test_a_gateway_that_has_run_for_a_year_counts_from_its_first_scrape(counted: Counted) -> None:
    counted(2_000, {up(): "_x16 1+0x60", counter(): "_x16 1000000000000+100x20"})


def test_a_gateway_that_failed_until_its_first_scrape_counts_from_there(counted: Counted) -> None:
    counted(2_000, {up(): "0+0x15 1+0x60", counter(): "_x16 1000000000000+100x20"})


def test_a_new_pod_counts_whole_where_new_targets_do_and_its_job_was_up(counted: Counted) -> None:
    story = {
        up("old:8100"): "1+0x80",
        up("new:8100"): "_x16 1+0x60",
        counter("new:8100"): "_x16 700+100x20",
    }
    counted(2_700, story, count_new_targets=True)


def test_a_new_pod_counts_from_its_first_scrape_where_new_targets_are_a_baseline(
    counted: Counted,
) -> None:
    story = {
        up("old:8100"): "1+0x80",
        up("new:8100"): "_x16 1+0x60",
        counter("new:8100"): "_x16 700+100x20",
    }
    counted(2_000, story)


def test_a_prometheus_that_just_started_counts_no_past_even_where_new_targets_count(
    counted: Counted,
) -> None:
    story = {
        up("a:8100"): "1+0x80",
        up("b:8100"): "1+0x80",
        counter("a:8100"): "1000000000000+100x20",
        counter("b:8100"): "2000000000000+10x20",
    }
    counted(2_200, story, count_new_targets=True)


def test_a_prometheus_that_just_started_counts_no_past_though_scrapes_are_spread(
    counted: Counted,
) -> None:
    story = {
        up("a:8100"): "1+0x80",
        up("b:8100"): "_ 1+0x79",
        counter("a:8100"): "1000000000000+100x20",
        counter("b:8100"): "_ 2000000000000+10x20",
    }
    counted(2_200, story, count_new_targets=True)


def test_a_partition_beyond_the_gap_is_not_counted_twice_where_new_targets_count(
    counted: Counted,
) -> None:
    story = {
        up("a:8100"): "1+0x400",
        counter("a:8100"): "0+0x400",
        up("b:8100"): "1+0x20 0+0x249 1+0x40",
        counter("b:8100"): "0+100x20 stale _x249 2000+0x20",
    }
    counted(2_000, story, at=END, count_new_targets=True)


def test_a_new_pod_that_restarts_in_its_first_step_counts_both_lives(counted: Counted) -> None:
    story = {
        up("old:8100"): "1+0x80",
        up("new:8100"): "_x18 1+0x60",
        counter("new:8100"): "_x18 700 30+10x20",
    }
    # At some phases both lives meet one step, at others a step lies between them.
    counted(700 + 230, story, count_new_targets=True)


def test_a_counter_of_an_unknown_gateway_that_starts_again_at_once_counts_what_it_has_since(
    counted: Counted,
) -> None:
    # The second life is proven by the fall; how much of the first was before, nobody knows.
    story = {up(): "_x20 1+0x60", counter(): "_x20 1000000000000 30+10x20"}
    counted(230, story)


def test_a_gateway_that_disappears_for_good_counts_its_last_bytes_once(counted: Counted) -> None:
    counted(2_000, {up(): "1+0x20 stale _x60", counter(): "1000+100x20 stale _x60"})


def test_a_gateway_that_is_gone_and_back_within_the_gap_is_caught_up(counted: Counted) -> None:
    story = {
        up(): "1+0x20 stale _x30 1+0x40",
        counter(): "1000+100x20 stale _x30 7000+10x20",
    }
    counted(6_200, story)


def test_gateways_are_added_up(counted: Counted) -> None:
    story = {
        up("a:8100"): "1+0x80",
        up("b:8100"): "1+0x40 0+0x7 1+0x32",
        counter("a:8100"): "1000+100x40",
        counter("b:8100"): "0+7x40 stale _x7 337+7x10",
    }
    counted(4_000 + 407, story)


def test_every_calendar_counts_the_same_bytes(tmp_path: Path) -> None:
    quotas = tuple(Quota(c.name, 1, {}, calendar=c) for c in (HOUR, DAY))
    files = render_files(compile_rules(QuotaFile(Accounting(), (), quotas), NOW))
    case = Case(
        {up(): "1+0x480", counter(): "0+100x400"},
        [
            Samples(
                f"sum by (calendar) (sum_over_time({names.DELTA}[1d]))",
                END,
                [({"calendar": name}, 40_000) for name in ("hour", "day", "month")],
            )
        ],
    )
    run_rules(tmp_path, {"gateway-accounting.yml": files["gateway-accounting.yml"]}, [case])


def test_a_byte_is_counted_for_its_own_labels(tmp_path: Path) -> None:
    labels = {
        "service": "s",
        "route": "r",
        "consumer": "c",
        "workspace": "w",
        "direction": "ingress",
    }
    kept = {**labels, "calendar": "month", "period": "197001"}
    case = Case(
        {up(): "1+0x100", counter(**labels): "_x8 100+100x39", counter(): "0+1x80"},
        [Samples(f'sum_over_time({names.DELTA}{{route="r"}}[1d])', SOON, [(kept, 4_000)])],
    )
    run_rules(tmp_path, accounting_rules(Accounting()), [case])


@dataclass(frozen=True)
class Trace:
    """What Prometheus scraped from one gateway, and the bytes that this proves were moved."""

    story: Story
    proven_bytes: int


def random_trace(chance: random.Random, *, restarts: bool) -> Trace:
    """Let a counter live for 25 minutes with outages, and where asked with restarts."""
    value = chance.choice((None, 10**9))
    before, proven, down, destroyed = value, 0, 0, False
    answers, values = [], []
    for scrape in range(100):
        # The first step is the baseline.
        if scrape > 4:
            down = down or (chance.random() < 0.03) * chance.randint(1, 12)
            if restarts and chance.random() < 0.03:
                value, destroyed = None, True
            if chance.random() < 0.4:
                value = (value or 0) + chance.randint(1, 1_000)
        answers.append("0" if down else "1")
        values.append("stale" if down or value is None else str(value))
        if down:
            down -= 1
            continue
        proven += (value or 0) - (0 if destroyed else before or 0)
        before, destroyed = value, False
    return Trace({up(): " ".join(answers), counter(): " ".join(values)}, proven)


def test_with_outages_alone_nothing_is_lost_and_nothing_twice(tmp_path: Path) -> None:
    chance = random.Random(1)  # noqa: S311 - traces, no secrets
    traces = [random_trace(chance, restarts=False) for _ in range(15)]
    stories = {f"{i}": (trace.story, TOTAL, trace.proven_bytes) for i, trace in enumerate(traces)}
    assert_totals(tmp_path, stories, at="28m")


def test_with_restarts_never_more_is_counted_than_was_moved(tmp_path: Path) -> None:
    chance = random.Random(2)  # noqa: S311 - traces, no secrets
    traces = [random_trace(chance, restarts=True) for _ in range(15)]
    stories = {
        f"{i}": (trace.story, f"({TOTAL}) <= bool {trace.proven_bytes}", 1)
        for i, trace in enumerate(traces)
    }
    assert_totals(tmp_path, stories, at="28m")


def test_a_gateway_that_failed_since_prometheus_started_counts_no_past(counted: Counted) -> None:
    story = {
        up("a:8100"): "1+0x80",
        up("b:8100"): "0+0x15 1+0x60",
        counter("b:8100"): "_x16 1000000000000+100x20",
    }
    counted(2_000, story, count_new_targets=True)


def test_a_gateway_that_left_discovery_beyond_the_gap_is_not_counted_twice(
    counted: Counted,
) -> None:
    story = {
        up("a:8100"): "1+0x400",
        up("b:8100"): "1+0x20 stale _x248 1+0x60",
        counter("b:8100"): "0+100x20 stale _x248 2000+0x60",
    }
    counted(2_000, story, at=END, count_new_targets=True)


def test_prometheus_was_away_one_gap_before_the_return_of_a_gateway(counted: Counted) -> None:
    story = {
        up("a:8100"): "1+0x20 1+0x9 _x60 1+0x300",
        up("b:8100"): "1+0x20 0+0x9 _x60 0+0x220 1+0x60",
        counter("b:8100"): "0+100x20 stale _x290 2000+0x60",
    }
    counted(2_000, story, at=END, count_new_targets=True)
