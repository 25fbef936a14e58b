"""Bytes in each window: short steps from the raw counters, long ones from the recorded deltas.

Both count the same. A recorded delta is the accounting expression of one step, which a rule wrote
down; here the expression itself is asked for the same steps. What is not recorded yet, the last
minute or two, always comes from the counters.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isnan
from string import Template

from api.amounts import check_bytes, whole_all
from api.bandwidth.windows import Windows
from api.clients.prometheus import Series
from api.clients.range_cache import Columns, Labels, Upstream, read_at, read_grid
from api.selectors import braces
from quotas import names
from quotas.calendars import MONTH
from quotas.model import Accounting
from quotas.promql import match_any, quote
from quotas.rules.accounting import step_query
from quotas.units import format_duration

# From this step on, a minute's delta is read rather than reckoned: a day of them costs Prometheus
# about what an hour of counters costs.
RECORDED_FROM_SECONDS = 600
# Where the rules count in shorter steps than a minute, so do charts of the counters, unless that
# were more steps than this.
_USUAL_STEP_SECONDS = 60
_MOST_SHORT_STEPS = 11_000
_SHORT_STEPS_SECONDS = (1, 2, 5, 10, 15, 30)
# What the evaluation of a rule may take, until what it records can be read.
_EVALUATION_MS = 5_000

_OBSERVED = "observed"
_OBSERVED_LABELS: Labels = ((_OBSERVED, "1"),)

# Bytes, and whether a gateway was scraped: in one query, so that they are of the same moment.
_QUERY = Template("""\
sum by ($by) (
$bytes
)
or
label_replace(max(max_over_time(up{job=$job}[$window]$offset)) == 1, "$observed", "1", "", "")""")


@dataclass(frozen=True)
class Traffic:
    """Bytes in each window, by the values of the labels; None where no gateway was observed."""

    columns: dict[tuple[str, ...], list[float | None]]
    source: str


@dataclass(frozen=True)
class Question:
    """Which counters (PromQL matchers), by which labels, and how bytes are counted."""

    matchers: tuple[str, ...]
    by: tuple[str, ...]
    accounting: Accounting


def read_traffic(upstream: Upstream, question: Question, windows: Windows) -> Traffic:
    """Return the bytes in each window.

    Raises:
        UpstreamError: there is no answer that can be used.

    """
    recorded = _is_recorded(question.accounting, windows)
    horizon_ms = _recorded_until(question.accounting, windows) if recorded else windows.now_ms
    whole = windows.count_until(horizon_ms)
    step_seconds = _choose_step(question.accounting, windows)
    used: dict[Labels, list[float]] = {}
    count = len(windows.starts_ms)
    for ends_ms in windows.runs(whole):
        first = windows.bounds_ms.index(ends_ms[0]) - 1
        if recorded:
            query = recorded_query(question, ends_ms.step)
            times_ms = _shift(ends_ms, _shift_ms(question.accounting))
        else:
            query = counters_query(question, ends_ms.step, step_seconds)
            times_ms = ends_ms
        found = read_grid(upstream, query, times_ms, windows.now_ms)
        _add_columns(used, found, first, count)
    for index in range(whole, count):
        span_ms = windows.bounds_ms[index], min(windows.bounds_ms[index + 1], windows.now_ms)
        for series in _read_piecewise(upstream, question, span_ms, horizon_ms, step_seconds):
            _add(used, tuple(sorted(series.labels.items())), index, series.values.values(), count)
    observed = used.pop(_OBSERVED_LABELS, [0.0] * count)
    columns = {_values(question.by, labels): sums for labels, sums in used.items()}
    return Traffic(
        {key: _amounts(columns[key], observed) for key in sorted(columns)},
        "recorded" if recorded else "counters",
    )


def _is_recorded(accounting: Accounting, windows: Windows) -> bool:
    resolution_ms = 1000 * accounting.resolution_seconds
    return windows.step.seconds >= RECORDED_FROM_SECONDS and all(
        bound % resolution_ms == 0 for bound in windows.bounds_ms
    )


def _recorded_until(accounting: Accounting, windows: Windows) -> int:
    """Return the end of the newest step that is recorded for certain."""
    resolution_ms = 1000 * accounting.resolution_seconds
    newest = windows.now_ms - _shift_ms(accounting) - _EVALUATION_MS
    return newest // resolution_ms * resolution_ms


def _shift_ms(accounting: Accounting) -> int:
    """Return how long after a step's end the last moment is at which it can be recorded.

    The rules record the newest step that ended more than ``scrape_delay`` ago, once in each
    resolution. So the deltas of a window are those recorded in a window shifted by so much.
    """
    return 1000 * (accounting.scrape_delay_seconds + accounting.resolution_seconds)


def _shift(times_ms: range, shift_ms: int) -> range:
    return range(times_ms.start + shift_ms, times_ms.stop + shift_ms, times_ms.step)


def _choose_step(accounting: Accounting, windows: Windows) -> int:
    """Return the length in seconds of the steps in which bytes of the counters are counted."""
    resolution = accounting.resolution_seconds
    if resolution >= _USUAL_STEP_SECONDS:
        return resolution
    seconds = (windows.end_ms - windows.bounds_ms[0]) / 1000
    steps = (step for step in _SHORT_STEPS_SECONDS if step % resolution == 0)
    allowed = (step for step in steps if seconds / step <= _MOST_SHORT_STEPS)
    return next(allowed, _USUAL_STEP_SECONDS)


def _read_piecewise(
    upstream: Upstream,
    question: Question,
    span_ms: tuple[int, int],
    recorded_until_ms: int,
    step_seconds: int,
) -> list[Series]:
    """Return the bytes of a window in pieces: recorded ones, whole steps of counters, the rest."""
    found: list[Series] = []
    start_ms, end_ms = span_ms
    counters_from_ms = start_ms
    recorded_end_ms = min(end_ms, recorded_until_ms)
    if start_ms < recorded_end_ms < end_ms:
        query = recorded_query(question, recorded_end_ms - start_ms)
        found += read_at(upstream, query, recorded_end_ms + _shift_ms(question.accounting))
        counters_from_ms = recorded_end_ms
    step_ms = 1000 * step_seconds
    whole_ms = max(counters_from_ms, end_ms // step_ms * step_ms)
    if whole_ms > counters_from_ms:
        query = counters_query(question, whole_ms - counters_from_ms, step_seconds)
        found += read_at(upstream, query, whole_ms)
    if end_ms > whole_ms:
        query = counters_query(question, end_ms - whole_ms, step_seconds)
        found += read_at(upstream, query, end_ms)
    return found


def counters_query(question: Question, window_ms: int, step_seconds: int) -> str:
    """Return PromQL for the bytes of the window that ends at the evaluation, from the counters.

    Where the window is whole steps, it is the sum of those.
    """
    step_ms = 1000 * step_seconds
    matchers = braces(question.matchers)
    if window_ms <= step_ms or window_ms % step_ms:
        query = step_query(question.accounting, matchers=matchers, step_seconds=window_ms / 1000)
        return _with_observation(question, query, window_ms)
    step = format_duration(step_ms / 1000)
    # A millisecond less than the window: in Prometheus 2 a range holds its start too.
    steps = format_duration((window_ms - 1) / 1000)
    inner = step_query(question.accounting, matchers=matchers, step_seconds=step_ms / 1000)
    by = ", ".join(question.by)
    query = f"sum_over_time((\nsum by ({by}) (\n{inner}\n)\n)[{steps}:{step}])"
    return _with_observation(question, query, window_ms)


def recorded_query(question: Question, window_ms: int) -> str:
    """Return PromQL for the bytes recorded in a window; see _shift_ms for its time."""
    # The calendar of the month is always there; each delta is in one of its periods.
    matchers = [match_any(names.CALENDAR, [MONTH.name]), *question.matchers]
    # A millisecond less than the window: what is recorded exactly at its start is of the window
    # before, and in Prometheus 2 a range holds its start too.
    window = format_duration((window_ms - 1) / 1000)
    query = f"sum_over_time({names.DELTA}{braces(matchers)}[{window}])"
    return _with_observation(question, query, window_ms, _shift_ms(question.accounting))


def _with_observation(question: Question, query: str, window_ms: int, shift_ms: int = 0) -> str:
    return _QUERY.substitute(
        by=", ".join(question.by),
        bytes=query,
        job=quote(names.GATEWAY_JOB),
        window=format_duration(window_ms / 1000),
        offset=f" offset {format_duration(shift_ms / 1000)}" if shift_ms else "",
        observed=_OBSERVED,
    )


def _add_columns(used: dict[Labels, list[float]], found: Columns, first: int, count: int) -> None:
    for labels, column in found.items():
        sums = used.setdefault(labels, [0.0] * count)
        values: Sequence[float] = column
        # A sum with a NaN in it is one; most columns have none.
        if isnan(sum(column)):
            values = [0.0 if isnan(value) else value for value in column]
        check_bytes(min(values))
        check_bytes(max(values))
        sums[first : first + len(values)] = values


def _add(
    used: dict[Labels, list[float]],
    labels: Labels,
    index: int,
    values: Iterable[float],
    count: int,
) -> None:
    used.setdefault(labels, [0.0] * count)[index] += sum(map(check_bytes, values))


def _values(by: Sequence[str], labels: Labels) -> tuple[str, ...]:
    """Return the values of the labels; to Prometheus, no label and an empty one are one."""
    found = dict(labels)
    return tuple(found.get(name, "") for name in by)


def _amounts(sums: Sequence[float], observed: Sequence[float]) -> list[float | None]:
    amounts = whole_all(sums)
    if all(observed):
        return list(amounts)
    return [
        amount if amount or seen else None for amount, seen in zip(amounts, observed, strict=True)
    ]
