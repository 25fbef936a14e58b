"""The doubt about evaluations: whether Prometheus evaluated the rules at each step."""

from string import Template

from quotas import names
from quotas.accounting_options import MOST_CAUGHT_UP_SECONDS, Accounting
from quotas.rules.doubts.doubt import Doubt
from quotas.units import format_duration

# Prometheus counts the evaluations that it leaves out, but not those of the time in which it was
# stopped. The watchdog leaves a sample at each evaluation. Without one from before the hour, the
# rules are new. Of several Prometheus that record the same, the best one decides.
_MISSED = """\
$expected - max(count_over_time($watchdog[1h])) > $tolerated
and on ()
max(present_over_time($watchdog[1d] offset 1h))"""

_HOUR_SECONDS = 3_600
# What a restart of Prometheus misses: two minutes, and never less than two steps.
_RESTART_SECONDS, _RESTART_STEPS = 120, 2


def missed_steps(accounting: Accounting) -> str:
    """Return a sentence that says what becomes of the bytes of steps without an evaluation."""
    if not accounting.catch_up:
        return "Bytes of steps without an evaluation are missing from quotas."
    caught_up = min(accounting.gap_tolerance_seconds, MOST_CAUGHT_UP_SECONDS)
    return (
        "Steps without an evaluation are counted at the end of the next quarter of an hour, up to "
        f"{format_duration(caught_up)} back. Older ones are missing from quotas."
    )


def evaluation_doubts(accounting: Accounting) -> list[Doubt]:
    """Return the doubt about missed evaluations. Its element has no labels."""
    step = accounting.resolution_seconds
    return [
        Doubt(
            names.EVALUATIONS_MISSED_ALERT,
            Template(_MISSED).substitute(
                watchdog=f'ALERTS{{alertname="{names.WATCHDOG_ALERT}", alertstate="firing"}}',
                expected=_HOUR_SECONDS // step,
                tolerated=max(_RESTART_STEPS, _RESTART_SECONDS // step),
            ),
            summary="Prometheus missed evaluations of the quota rules",
            cause=(
                "Within the last hour, $value evaluations are missing. Prometheus was stopped, "
                f"stood still, or was too slow. {missed_steps(accounting)}"
            ),
            cure=(
                "Make sure that it evaluates the rules again. A backfill brings back what it "
                "scraped and will not count by itself."
            ),
            for_seconds=0,
            severity="warning",
        )
    ]
