"""Stories of gateways and their counters, and the bytes that the rules must count.

Gateways are scraped every 15 seconds. Each story runs with several combinations of step, delay and
phase, so that its events lie at all positions relative to the borders of steps: with a scrape
exactly at a border, and with the nearest scrape 5 seconds before or after it.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from quotas import names
from quotas.accounting_options import Accounting
from quotas.rule_files.rendering import render_files
from quotas.rule_files.rule import Group, RuleFile
from quotas.rules.accounting.recording import delta_rules, evidence_rules
from tests.integration.support.promtool import Case, Samples, run_rules

# By step and delay: the seconds between the start of a step and the first scrape. A delay as long
# as the step, and steps of a single scrape, are special cases.
PHASES_SECONDS = {(60, 10): (0, 15, 35, 55), (60, 60): (20, 45), (15, 10): (5,)}
SCRAPE_SECONDS, GRID_SECONDS = 15, 5
# When a story ends: most are short, some last longer than the gap tolerance.
SOON, LATE = "26m", "2h"
TOTAL = f"sum(sum_over_time({names.DELTA}[1d])) or vector(0)"
# The values of series, in the notation of promtool, with one value for each scrape.
Story = Mapping[str, str]
AssertCounted = Callable[..., None]


def assert_totals(
    folder: Path,
    stories: Mapping[str, tuple[Story, str, int]],
    *,
    at: str = SOON,
    **settings: int | bool,
) -> None:
    """Fail unless a query has the expected value at the end of each story.

    Args:
        folder: a folder for the files of promtool.
        stories: by title, the story, the query and the expected value.
        at: the end of the stories.
        settings: further settings of the accounting.

    """
    for (step, delay), phases in PHASES_SECONDS.items():
        if step < 60 and (len(stories) > 1 or at != SOON):
            # Short steps need four times as many evaluations, so they run only the short stories.
            continue
        accounting = Accounting(
            resolution_seconds=step,
            scrape_delay_seconds=delay,
            **settings,  # type: ignore[arg-type]
        )
        cases = [
            Case(
                {name: shift(values, phase) for name, values in story.items()},
                [Samples(query, at, [({}, expected)])],
                name=f"{title}, step {step} s, delay {delay} s, phase {phase} s",
                interval=f"{GRID_SECONDS}s",
            )
            for title, (story, query, expected) in stories.items()
            for phase in phases
        ]
        run_rules(folder, accounting_rules(accounting), cases, evaluate_every=f"{step}s")


def shift(values: str, seconds: int) -> str:
    """Return the values of a story on the finer grid of promtool, some seconds later."""
    pause = f"_x{SCRAPE_SECONDS // GRID_SECONDS - 1}"
    late = f"_x{seconds // GRID_SECONDS} " if seconds else ""
    return late + " ".join(f"{scrape} {pause}" for scrape in scrapes(values))


def scrapes(values: str) -> Iterator[str]:
    """Yield the result of each scrape of a series in the notation of promtool."""
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
    """Return a rule file that records the steps, as the accounting with these settings does."""
    group = Group(
        "gateway-quotas",
        accounting.resolution_seconds,
        [*evidence_rules(accounting), *delta_rules(accounting)],
    )
    return render_files([RuleFile("gateway-quotas", [group])])
