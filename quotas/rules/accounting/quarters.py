"""Quarters of an hour: the durations and series that all rules about them have in common."""

from string import Template

from quotas import names
from quotas.accounting_options import QUARTER_SECONDS, Accounting
from quotas.calendars import Calendar
from quotas.promql import match_any, selector
from quotas.units import format_duration

_MILLISECOND = 0.001
_LABELS = ", ".join(names.SELECTOR_LABELS)
# For how long quarters are closed again with what has become visible since.
_LEAST_CLOSING_SECONDS, _MOST_CLOSING_SECONDS = 300, 450
_CLOSING_STEPS = 5
_LOOKBACK = "2h"
# Constant, so that a series means the same quarters after the gap tolerance was changed.
SLOTS = 24


def fill_template(
    template: str, accounting: Accounting, calendar: Calendar | None = None, **holes: str
) -> str:
    """Return a template with the durations and series of an accounting, and of a calendar."""
    step, quarters = accounting.resolution_seconds, accounting.recounted_quarters
    delay = accounting.scrape_delay_seconds + _MILLISECOND
    closing = min(_MOST_CLOSING_SECONDS, max(_LEAST_CLOSING_SECONDS, _CLOSING_STEPS * step))
    of_calendar = selector([match_any(names.CALENDAR, [calendar.name])]) if calendar else ""
    periods = names.QUARTER_HOUR_PERIOD + of_calendar
    # A period can still gain bytes for some quarters of an hour after its end.
    longest = (calendar.longest_period_seconds if calendar else 0) + (
        quarters + 2
    ) * QUARTER_SECONDS
    return Template(template).substitute(
        holes,
        labels=_LABELS,
        quarter=names.QUARTER_HOUR,
        delta=names.DELTA,
        step_end=names.STEP_END,
        open=names.OPEN,
        recounted=names.RECOUNTED,
        closed=names.CLOSED + of_calendar,
        healed=names.HEALED + of_calendar,
        total=names.TOTAL + of_calendar,
        earlier=names.EARLIER + of_calendar,
        periods=periods,
        counted_periods=names.PERIOD_COUNTED + of_calendar,
        # Earlier rules recorded it twice.
        period_of_quarter=f"max by ({names.QUARTER_HOUR}, {names.PERIOD}) "
        f"(last_over_time({periods}[{format_duration(3 * step)}]))",
        local_time=names.LOCAL_TIME,
        calendar=of_calendar,
        slots=str(SLOTS),
        seconds=str(step),
        step=format_duration(step),
        two_steps=format_duration(2 * step),
        recent=format_duration(3 * step),
        delay=format_duration(delay),
        delayed=f"(time() - {delay})",
        newest=f"(time() - {delay} - (time() - {delay}) % {step})",
        # A step is recorded within one step after its end and the delay.
        recorded=format_duration(step + accounting.scrape_delay_seconds),
        # Ranges lack a millisecond, because in Prometheus 2 they include their start.
        open_range=format_duration(QUARTER_SECONDS + 3 * step - _MILLISECOND),
        rules_before=format_duration(2 * accounting.gap_tolerance_seconds + QUARTER_SECONDS),
        # From the oldest quarter that can gain bytes to the one after the open one.
        local_range=format_duration((quarters + 3) * QUARTER_SECONDS - _MILLISECOND),
        local_ahead=format_duration(2 * QUARTER_SECONDS - delay),
        closing=format_duration(closing + step),
        closing_seconds=str(closing),
        one_before=format_duration(_MOST_CLOSING_SECONDS),
        # What was closed, and healed, before those that were counted again: read between the
        # times at which quarters are closed.
        all_closed=format_duration(quarters * QUARTER_SECONDS + _MOST_CLOSING_SECONDS),
        all_healed=format_duration((quarters - 1) * QUARTER_SECONDS + _MOST_CLOSING_SECONDS),
        counted_during=format_duration(QUARTER_SECONDS - _MILLISECOND),
        lookback=_LOOKBACK,
        longest=format_duration(longest),
    )
