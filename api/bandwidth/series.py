"""Bandwidth over time: what to ask of Prometheus, and the rows that its answers make."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from string import Template

from api.access import ALL, Scope
from api.amounts import check_bytes, whole
from api.bandwidth.row_windows import Timetable
from api.bandwidth.windows import choose_step
from api.clients.prometheus import Prometheus, Series, query_at, query_range
from api.refusals import TooManyPointsError
from api.selectors import braces, match_filters
from quotas import names
from quotas.model import Accounting
from quotas.promql import quote
from quotas.rules.accounting import step_query as bytes_query
from quotas.units import format_duration

# The labels that tell rows apart, in the order in which rows of one time are sorted.
ROW_LABELS = (names.DIRECTION, names.SERVICE, names.ROUTE)

_Combination = tuple[str, str, str]

# What one worker can hold: 49 combinations over seven days, 346 over one.
MOST_ROWS = 500_000

# The label of the series that is there when a gateway was scraped in the step.
_OBSERVED = "observed"

# Bytes and observation in one query: they are of the same moment. In Prometheus 2 a range holds
# its start too, so that a scrape at that very millisecond observes both steps.
_QUERY = Template("""\
sum by ($by) (
$delta
)
or
label_replace(
  max(max_over_time(up{job=$job}[$step])) == 1,
  "$observed", "1", "", ""
)""")


@dataclass(frozen=True)
class Row:
    """Bytes moved in the window that ends at ``time``; None if no gateway was observed in it."""

    time: datetime
    direction: str
    service: str
    route: str
    used_bytes: float | None


def read_rows(
    prometheus: Prometheus,
    selection: Mapping[str, str],
    timetable: Timetable,
    accounting: Accounting = Accounting(),  # noqa: B008 - frozen
    scope: Scope = ALL,
) -> list[Row]:
    """Return the bytes in each window of each direction, service and route, oldest first.

    Answered are those whose counters were seen, and the one that is selected by all three labels.

    Args:
        prometheus: whom to ask.
        selection: the values that some labels must have.
        timetable: the windows.
        accounting: how bytes are counted.
        scope: what may be seen.

    Raises:
        UpstreamError: there is no answer that can be used.
        TooManyPointsError: there are more than MOST_ROWS.

    """
    seen: list[Series] = []
    if timetable.steps_ms:
        query = step_query(selection, timetable.step_seconds, accounting, scope)
        seen += query_range(prometheus, query, timetable.steps_ms)
    if timetable.tail_ms:
        query = step_query(selection, timetable.tail_ms / 1000, accounting, scope)
        seen += query_at(prometheus, query, timetable.now_ms)
    return make_rows(seen, selection, timetable)


def step_query(
    selection: Mapping[str, str],
    step_seconds: float,
    accounting: Accounting = Accounting(),  # noqa: B008 - frozen
    scope: Scope = ALL,
) -> str:
    """Return PromQL for the bytes of one step by ROW_LABELS, and whether a gateway was observed."""
    matchers = match_filters({name: [value] for name, value in selection.items()}, scope)
    return _QUERY.substitute(
        by=", ".join(ROW_LABELS),
        delta=bytes_query(accounting, matchers=braces(matchers), step_seconds=step_seconds),
        job=quote(names.GATEWAY_JOB),
        step=format_duration(step_seconds),
        observed=_OBSERVED,
    )


def make_rows(
    seen: Iterable[Series], selection: Mapping[str, str], timetable: Timetable
) -> list[Row]:
    """Return the rows that answers to ``step_query`` make.

    Raises:
        BadAnswerError: they have a number that cannot be bytes.
        TooManyPointsError: there are more than MOST_ROWS.

    """
    observed: set[int] = set()
    used: dict[_Combination, defaultdict[int, float]] = {}
    if set(ROW_LABELS) <= set(selection):
        used[_combination(selection)] = defaultdict(float)
    for series in seen:
        if _OBSERVED in series.labels:
            observed.update(map(timetable.window_of, series.values))
            continue
        windows = used.setdefault(_combination(series.labels), defaultdict(float))
        for time_ms, step_bytes in series.values.items():
            windows[timetable.window_of(time_ms)] += check_bytes(step_bytes)
    count = len(used) * len(timetable.windows)
    if count > MOST_ROWS:
        step = choose_step(
            len(timetable.windows) * timetable.window_ms / 1000, 60, MOST_ROWS // len(used)
        )
        raise TooManyPointsError(
            f"this would be {count} rows, at most {MOST_ROWS} are answered; ask for a shorter "
            f"lookback_duration, for a step of {step.name}, or for one type, service or route",
            step,
        )
    combinations = sorted(used.items(), key=lambda item: item[0])
    return [
        Row(time, *combination, used_bytes=_amount(windows[end], seen=end in observed))
        for end, time in timetable.windows.items()
        for combination, windows in combinations
    ]


def _combination(labels: Mapping[str, str]) -> _Combination:
    """Return direction, service and route; to Prometheus, no label and an empty one are one."""
    return (
        labels.get(names.DIRECTION, ""),
        labels.get(names.SERVICE, ""),
        labels.get(names.ROUTE, ""),
    )


def _amount(used_bytes: float, *, seen: bool) -> float | None:
    if not used_bytes and not seen:
        return None
    return whole(used_bytes)
