"""Read the bytes of each window: from the cache, the recorded deltas, or the raw counters.

Short windows are read from the counters, long ones from the recorded deltas. What is not recorded
yet, the last minute or two, always comes from the counters. It can change: a counter that appears
counts less until the rules have recorded the step. So the cache keeps only what they have recorded.
"""

from array import array
from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import isnan

from api.bandwidth.queries import (
    OBSERVED,
    BandwidthQuery,
    counters_query,
    look_ahead_ms,
    recorded_query,
    recording_delay_ms,
)
from api.bandwidth.traffic import Traffic
from api.bandwidth.unequal_windows import Window, read_windows
from api.byte_numbers import all_as_whole, check_bytes
from api.clients.range_cache import SETTLE_MS, Upstream, read_instant, read_range
from api.windows import MOST_NUMBERS, Windows, check_size
from quotas.accounting_options import Accounting
from quotas.prometheus.answers.decoding import Column
from quotas.prometheus.answers.receiving import TooManyNumbersError
from quotas.prometheus.queries import Columns, Labels, Series

# From this step on, deltas are read instead of counters: a day of deltas costs Prometheus about
# as much as an hour of counters.
RECORDED_FROM_SECONDS = 600
# An answer with more numbers counts as large.
LARGE_NUMBERS = 10_000
# Runs of no more windows of equal length are read in one query together, not in one each.
_MOST_UNEQUAL = 2
# Counters are counted in the steps of the rules; but in no shorter ones than a minute's parts, and
# in whole minutes if a span would take more steps than this.
_USUAL_STEP_SECONDS = 60
_MOST_SHORT_STEPS = 1_500
_SHORT_STEPS_SECONDS = (1, 2, 5, 10, 15, 30)
_FINE_STEPS_SECONDS = (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60)
# What the evaluation of a rule may take before its result can be read.
_EVALUATION_MS = 5_000

_OBSERVED_LABELS: Labels = ((OBSERVED, "1"),)


def read_traffic(
    upstream: Upstream,
    query: BandwidthQuery,
    windows: Windows,
    *,
    most_numbers: float = MOST_NUMBERS,
) -> Traffic:
    """Return the bytes in each window.

    ``most_numbers`` is how many values are read of all series.

    Raises:
        TooManyPointsError: there are more values.
        UpstreamError: Prometheus gave no usable answer.

    """
    is_recorded = _is_recorded(query, windows)
    recorded_ms = _recorded_until(query.accounting, windows)
    horizon_ms = min(recorded_ms, windows.until_ms) if is_recorded else windows.until_ms
    whole = windows.count_until(horizon_ms)
    step_seconds = _counting_step(query, windows)
    used: dict[Labels, Column] = {}
    count = len(windows.starts_ms)
    unequal: list[Window] = []
    for ends_ms in windows.runs(whole):
        first = windows.bounds_ms.index(ends_ms[0]) - 1
        if is_recorded and len(ends_ms) <= _MOST_UNEQUAL:
            bounds_ms = pairwise(windows.bounds_ms[first : first + len(ends_ms) + 1])
            unequal += [Window(first + n, *bounds) for n, bounds in enumerate(bounds_ms)]
            continue
        if is_recorded:
            promql = recorded_query(query, ends_ms.step)
            times_ms = _shift(ends_ms, recording_delay_ms(query.accounting))
            ahead_ms = 0
        else:
            promql = counters_query(query, ends_ms.step, step_seconds)
            times_ms = ends_ms
            ahead_ms = look_ahead_ms(query.accounting)
        try:
            found = read_range(
                upstream,
                promql,
                times_ms,
                windows.now_ms,
                look_ahead_ms=ahead_ms,
                most_numbers=most_numbers,
            )
        except TooManyNumbersError as error:
            check_size(error.series, windows)
            raise
        _add_columns(used, found, first, count)
    pieces, rests = _split_rest(windows, whole, horizon_ms)
    for window, recorded in read_windows(upstream, query, unequal + pieces, windows.now_ms):
        for labels, value in recorded.items():
            _add(used, labels, window.index, [value], count)
    for rest in rests:
        for series in _count_in_pieces(upstream, query, rest, step_seconds):
            labels = tuple(sorted(series.labels.items()))
            _add(used, labels, rest.index, series.values.values(), count)
    if len(used) * count > LARGE_NUMBERS:
        upstream.prometheus.begin_large()
    observed = [bool(seen) for seen in used.pop(_OBSERVED_LABELS, _zeros(count))]
    columns = {_values(query.by, labels): sums for labels, sums in used.items()}
    return Traffic(
        {key: _with_nulls(all_as_whole(columns[key]), observed) for key in sorted(columns)},
        observed,
        "recorded" if is_recorded else "counters",
    )


def is_final(accounting: Accounting, windows: Windows) -> bool:
    """Return whether no window will change: the rules have looked at all of them."""
    return windows.bounds_ms[-1] <= windows.now_ms - look_ahead_ms(accounting) - SETTLE_MS


def _is_recorded(query: BandwidthQuery, windows: Windows) -> bool:
    resolution_ms = 1000 * query.accounting.resolution_seconds
    return (
        query.fine_seconds is None
        and windows.step.seconds >= RECORDED_FROM_SECONDS
        and all(bound % resolution_ms == 0 for bound in windows.bounds_ms)
    )


def _recorded_until(accounting: Accounting, windows: Windows) -> int:
    """Return the end of the newest step that is certainly recorded."""
    resolution_ms = 1000 * accounting.resolution_seconds
    newest = windows.now_ms - recording_delay_ms(accounting) - _EVALUATION_MS
    return newest // resolution_ms * resolution_ms


def _shift(times_ms: range, delay_ms: int) -> range:
    return range(times_ms.start + delay_ms, times_ms.stop + delay_ms, times_ms.step)


def _counting_step(query: BandwidthQuery, windows: Windows) -> int:
    """Return the length in seconds of the steps in which bytes of the counters are counted."""
    seconds = (windows.end_ms - windows.bounds_ms[0]) / 1000
    resolution = query.accounting.resolution_seconds
    if query.fine_seconds is not None and windows.step.seconds % resolution:
        return _fine_step(query.fine_seconds, windows.step.seconds, seconds)
    if resolution >= _USUAL_STEP_SECONDS:
        return resolution
    steps = (step for step in _SHORT_STEPS_SECONDS if step % resolution == 0)
    allowed = (step for step in steps if seconds / step <= _MOST_SHORT_STEPS)
    return next(allowed, _USUAL_STEP_SECONDS)


def _fine_step(longest_seconds: int, window_seconds: int, span_seconds: float) -> int:
    """Return the longest step that is not too long; a longer one if there were too many of them.

    Steps no longer than the time between two scrapes compare each sample with the one before it,
    so no restart of a gateway hides between them. A window is a multiple of its step.
    """
    steps = [step for step in _FINE_STEPS_SECONDS if window_seconds % step == 0]
    fine = max(step for step in steps if step <= max(1, longest_seconds))
    allowed = (s for s in steps if s >= fine and span_seconds / s <= _MOST_SHORT_STEPS)
    return next(allowed, steps[-1])


def _split_rest(windows: Windows, whole: int, horizon_ms: int) -> tuple[list[Window], list[Window]]:
    """Return what is recorded of the windows that are not, and what must be counted of them."""
    recorded, rests = [], []
    for index in range(whole, len(windows.starts_ms)):
        start_ms, end_ms = windows.bounds_ms[index : index + 2]
        end_ms = min(end_ms, windows.until_ms)
        if start_ms < horizon_ms < end_ms:
            recorded.append(Window(index, start_ms, horizon_ms))
            start_ms = horizon_ms
        rests.append(Window(index, start_ms, end_ms))
    return recorded, rests


def _count_in_pieces(
    upstream: Upstream, query: BandwidthQuery, window: Window, step_seconds: int
) -> list[Series]:
    """Return the bytes of a window from the counters, in pieces: whole steps, and the rest."""
    found: list[Series] = []
    start_ms, end_ms = window.start_ms, window.end_ms
    step_ms = 1000 * step_seconds
    whole_ms = max(start_ms, end_ms // step_ms * step_ms)
    if whole_ms > start_ms:
        promql = counters_query(query, whole_ms - start_ms, step_seconds)
        found += read_instant(upstream, promql, whole_ms)
    if end_ms > whole_ms:
        promql = counters_query(query, end_ms - whole_ms, step_seconds)
        found += read_instant(upstream, promql, end_ms)
    return found


def _add_columns(used: dict[Labels, Column], found: Columns, first: int, count: int) -> None:
    for labels, column in found.items():
        sums = used.setdefault(labels, _zeros(count))
        values = column
        # A sum with a NaN in it is NaN; most columns have none.
        if isnan(sum(column)):
            values = array("d", [0.0 if isnan(value) else value for value in column])
        check_bytes(min(values))
        check_bytes(max(values))
        sums[first : first + len(values)] = values


def _add(
    used: dict[Labels, Column],
    labels: Labels,
    index: int,
    values: Iterable[float],
    count: int,
) -> None:
    used.setdefault(labels, _zeros(count))[index] += sum(map(check_bytes, values))


def _zeros(count: int) -> Column:
    return array("d", bytes(8 * count))


def _values(by: Sequence[str], labels: Labels) -> tuple[str, ...]:
    """Return the values of the labels; to Prometheus, no label and an empty one are the same."""
    found = dict(labels)
    return tuple(found.get(name, "") for name in by)


def _with_nulls(sums: Sequence[float], observed: Sequence[bool]) -> list[float | None]:
    if all(observed):
        return list(sums)
    return [amount if amount or seen else None for amount, seen in zip(sums, observed, strict=True)]
