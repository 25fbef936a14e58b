"""The PromQL for the bytes of a window: from the raw counters, or from the recorded deltas.

Both give the same bytes. A recorded delta is the result of the accounting expression for one step,
stored by a rule. From the counters, the expression itself is evaluated for the same steps.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import Template

from api.access import Scope, match_scope
from quotas import names
from quotas.accounting_options import Accounting
from quotas.calendars import MONTH
from quotas.promql import match_any, quote, selector
from quotas.rules.accounting.evidence import look_ahead_seconds
from quotas.rules.accounting.steps import step_query
from quotas.units import format_duration

# The labels of the series that is there if a gateway was scraped in the window.
OBSERVED = "observed"

# All labels that rules have given to deltas. Several replicas of the rules, which differ in another
# label, recorded the same bytes: they count once.
_RECORDED_BY = ", ".join((*names.SELECTOR_LABELS, names.CALENDAR, names.PERIOD))

# Bytes, and whether a gateway was scraped: in one query, so that both are of the same moment.
_QUERY = Template("""\
sum by ($by) (
$bytes
)
or
label_replace(max(max_over_time(up{job=$job}[$window]$offset)) == 1, "$observed", "1", "", "")""")


@dataclass(frozen=True)
class BandwidthQuery:
    """Which bytes to read, and how they are counted.

    ``matchers`` select the counters, ``by`` names the labels that tell series apart.
    ``fine_seconds`` is the longest step in which counters are counted in windows that are not whole
    steps of the accounting; if it is set, recorded deltas, which have such steps, are not read.
    """

    matchers: tuple[str, ...]
    by: tuple[str, ...]
    accounting: Accounting
    fine_seconds: int | None = None


def match_filters(filters: Mapping[str, Sequence[str]], scope: Scope) -> tuple[str, ...]:
    """Return the matchers of the counters that are asked for, by exact values, within a scope."""
    asked = [match_any(name, values) for name, values in filters.items()]
    return (*asked, *match_scope(scope))


def counters_query(query: BandwidthQuery, window_ms: int, step_seconds: int) -> str:
    """Return PromQL for the bytes of the window that ends at the evaluation, from the counters.

    A window of several whole steps is the sum of the steps.
    """
    step_ms = 1000 * step_seconds
    matchers = selector(query.matchers)
    if window_ms <= step_ms or window_ms % step_ms:
        counted = step_query(query.accounting, matchers=matchers, step_seconds=window_ms / 1000)
        return _with_observation(query, counted, window_ms)
    step = format_duration(step_ms / 1000)
    # A millisecond less than the window: in Prometheus 2 a range includes its start.
    steps = format_duration((window_ms - 1) / 1000)
    inner = step_query(query.accounting, matchers=matchers, step_seconds=step_seconds)
    by = ", ".join(query.by)
    counted = f"sum_over_time((\nsum by ({by}) (\n{inner}\n)\n)[{steps}:{step}])"
    return _with_observation(query, counted, window_ms)


def recorded_query(query: BandwidthQuery, window_ms: int, offset_ms: int = 0) -> str:
    """Return PromQL for the bytes recorded in a window.

    It must be evaluated ``recording_delay_ms`` and ``offset_ms`` after the window's end.
    """
    # Deltas have no calendar. Earlier rules, and a backfill, recorded them for each calendar; that
    # of the month is always there.
    matchers = [match_any(names.CALENDAR, ["", MONTH.name]), *query.matchers]
    # A millisecond less than the window: what is recorded exactly at its start belongs to the
    # window before, and in Prometheus 2 a range includes its start.
    window = format_duration((window_ms - 1) / 1000)
    deltas = f"{names.DELTA}{selector(matchers)}[{window}]{_offset(offset_ms)}"
    recorded = f"max by ({_RECORDED_BY}) (sum_over_time({deltas}))"
    observed_ms = offset_ms + recording_delay_ms(query.accounting)
    return _with_observation(query, recorded, window_ms, observed_ms)


def recording_delay_ms(accounting: Accounting) -> int:
    """Return how long after its end a step can be recorded at the latest.

    The rules record the newest step that ended more than ``scrape_delay`` ago, once in each
    resolution. So the deltas of a window are those recorded in a window shifted by this delay.
    """
    return 1000 * (accounting.scrape_delay_seconds + accounting.resolution_seconds)


def look_ahead_ms(accounting: Accounting) -> int:
    """Return how far after its end a window of counters depends on what the rules recorded.

    Whether counters that were not selected are missing is read from there, and a counter that
    appears in a step that the rules have not recorded counts less.
    """
    return 1000 * look_ahead_seconds(accounting)


def _offset(offset_ms: int) -> str:
    return f" offset {format_duration(offset_ms / 1000)}" if offset_ms else ""


def _with_observation(
    query: BandwidthQuery, counted: str, window_ms: int, offset_ms: int = 0
) -> str:
    return _QUERY.substitute(
        by=", ".join(query.by),
        bytes=counted,
        job=quote(names.GATEWAY_JOB),
        # A millisecond less, as in ``recorded_query``; the shortest range is one.
        window=format_duration(max(1, window_ms - 1) / 1000),
        offset=_offset(offset_ms),
        observed=OBSERVED,
    )
