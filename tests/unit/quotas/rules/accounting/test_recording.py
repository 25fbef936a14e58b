"""How the recording rules of the accounting are written."""

from quotas import names
from quotas.accounting_options import Accounting
from quotas.rules.accounting.recording import backfilled_query, delta_rules, evidence_rules
from quotas.rules.accounting.steps import step_query

ACCOUNTING = Accounting(resolution_seconds=90, gap_tolerance_seconds=1_800, scrape_delay_seconds=20)
PERIOD = 'count_values("period", vector(202611))'
END = "((time() - 20.001) - (time() - 20.001) % 90)"


def test_the_newest_complete_step_is_recorded_after_the_delay() -> None:
    delta, step_end = delta_rules(ACCOUNTING)
    # With the extra millisecond, a range that includes both ends never contains two steps.
    newest = f"last_over_time((\n{step_query(ACCOUNTING)}\n)[1m30s:1m30s] offset 20s1ms)\n"
    assert delta.query.startswith(newest)
    assert step_end.query == f"vector({END})"


def test_a_step_that_was_counted_is_not_counted_again_not_even_after_earlier_rules() -> None:
    delta, _ = delta_rules(ACCOUNTING)
    markers = "gateway:step_end:timestamp_seconds|gateway:counted_until:timestamp_seconds"
    assert delta.query.endswith(
        f'unless on ()\n(last_over_time({{__name__=~"{markers}"}}[30m]) > {END} - 45)'
    )


def test_a_backfilled_step_has_the_period_in_which_it_began() -> None:
    query = backfilled_query(ACCOUNTING, PERIOD)
    assert f"* on () group_left (period)\n{PERIOD}\n)[1m30s:1m30s] offset 20s1ms)" in query
    assert "unless on ()\n(last_over_time({__name__" not in query


def test_what_steps_read_of_gateways_is_recorded() -> None:
    recorded = {rule.name for rule in evidence_rules(ACCOUNTING)}
    assert recorded == {
        names.SEEN,
        names.COUNTERS,
        names.MOST_COUNTERS,
        names.MISSING_COUNTERS,
        names.RESTARTED,
        names.INTACT,
        names.UNCLEAR,
    }


def test_rules_about_gateways_say_what_they_are() -> None:
    assert all(rule.comment for rule in evidence_rules(ACCOUNTING))
