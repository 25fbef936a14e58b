"""How the recording rules of the accounting are written."""

from quotas import names
from quotas.accounting_options import Accounting
from quotas.rules.accounting.recording import (
    counted_until_query,
    evidence_rules,
    recorded_query,
)
from quotas.rules.accounting.steps import step_query

ACCOUNTING = Accounting(resolution_seconds=90, gap_tolerance_seconds=1_800, scrape_delay_seconds=20)
PERIOD = 'count_values("period", vector(202611))'


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


def test_what_steps_read_of_gateways_is_recorded() -> None:
    recorded = {rule.name for rule in evidence_rules(ACCOUNTING)}
    assert recorded == {
        names.SEEN,
        names.COUNTERS,
        names.MOST_COUNTERS,
        names.MISSING_COUNTERS,
        names.RESTARTED,
        names.INTACT,
    }


def test_rules_about_gateways_say_what_they_are() -> None:
    assert all(rule.comment for rule in evidence_rules(ACCOUNTING))
