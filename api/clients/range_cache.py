"""Instant and range queries through the cache.

Past values never change. They are cached in chunks of 256 adjacent times, by query, step and number
of the chunk. So a range query asks Prometheus only for times that are not cached, or are too recent
to be final.
"""

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf, nan

from api.clients.cache import Cache, CacheEntry
from quotas.prometheus.answers.decoding import Column
from quotas.prometheus.queries import (
    Columns,
    Labels,
    Prometheus,
    Series,
    query_at,
    query_columns,
)

# When a value is final: scrapes have ended and rules were evaluated by then.
SETTLE_MS = 120_000
# How many adjacent times a chunk holds.
_CHUNK = 256
_KEEP_SECONDS = 3_600.0
_MOST_SPANS = 3
_NUMBER_BYTES = 8


@dataclass(frozen=True)
class Upstream:
    """Prometheus, and the cache in front of it."""

    prometheus: Prometheus
    cache: Cache


@dataclass(frozen=True)
class _Chunk:
    """Cached values of adjacent times, by number: from ``first`` to before ``end``."""

    first: int
    end: int
    columns: Mapping[Labels, Sequence[float]] = field(repr=False)


@dataclass(frozen=True)
class _Grid:
    """A query and the numbered times ``phase_ms + number * step_ms`` of its values."""

    query: str
    step_ms: int
    phase_ms: int

    def times(self, numbers: range) -> range:
        first = self.phase_ms + numbers.start * self.step_ms
        return range(first, first + len(numbers) * self.step_ms, self.step_ms)


def read_instant(upstream: Upstream, query: str, time_ms: int) -> list[Series]:
    """Return the series of an instant query; concurrent equal queries are asked once.

    Raises:
        UpstreamError: Prometheus gave no usable answer.

    """

    def ask() -> CacheEntry:
        return CacheEntry(query_at(upstream.prometheus, query, time_ms), 0, 0)

    series: list[Series] = upstream.cache.get_or_make(("at", query, time_ms), ask)
    return series


def read_range(
    upstream: Upstream,
    query: str,
    times_ms: range,
    now_ms: int,
    *,
    look_ahead_ms: int = 0,
    most_numbers: float = inf,
) -> Columns:
    """Return the values of a range query at these times, by the labels of each series.

    A column has NaN where there is no value.

    Args:
        upstream: Prometheus and the cache.
        query: PromQL.
        times_ms: Unix milliseconds, evenly spaced.
        now_ms: the current time.
        look_ahead_ms: how far after a time the query looks for samples. The value of a time is
            final, and cached, only after this and SETTLE_MS.
        most_numbers: how many values are read of all series.

    Raises:
        TooManyNumbersError: there are more values.
        UpstreamError: Prometheus gave no usable answer.

    """
    grid = _Grid(query, times_ms.step, times_ms[0] % times_ms.step)
    first = (times_ms[0] - grid.phase_ms) // grid.step_ms
    wanted = range(first, first + len(times_ms))
    settled = _count_settled(times_ms, now_ms - look_ahead_ms) + first
    columns: Columns = {}
    unknown: list[range] = []
    for part in _parts(wanted):
        chunk = upstream.cache.get((grid, part.start // _CHUNK))
        known = range(0)
        if chunk is not None:
            known = range(max(part.start, chunk.first), min(part.stop, chunk.end))
        if known:
            _copy(chunk, known, columns, wanted)
        unknown += _without(part, known)
    for span in _join(unknown):
        found = _ask(upstream, grid, span, most_numbers)
        _place(found, span, columns, wanted)
        _keep(upstream.cache, grid, found, range(span.start, min(span.stop, settled)))
    return columns


def _count_settled(times_ms: range, now_ms: int) -> int:
    youngest = now_ms - SETTLE_MS
    return max(0, min(len(times_ms), (youngest - times_ms[0]) // times_ms.step + 1))


def _parts(numbers: range) -> list[range]:
    """Return the part of the numbers in each chunk."""
    chunks = range(numbers.start // _CHUNK, (numbers.stop - 1) // _CHUNK + 1)
    return [
        range(max(numbers.start, index * _CHUNK), min(numbers.stop, (index + 1) * _CHUNK))
        for index in chunks
    ]


def _without(part: range, known: range) -> list[range]:
    if not known:
        return [part]
    around = (range(part.start, known.start), range(known.stop, part.stop))
    return [numbers for numbers in around if numbers]


def _join(spans: Sequence[range]) -> list[range]:
    """Return the spans with adjacent ones joined; one span over all if there are too many."""
    joined: list[range] = []
    for span in spans:
        if joined and joined[-1].stop == span.start:
            joined[-1] = range(joined[-1].start, span.stop)
        else:
            joined.append(span)
    if len(joined) > _MOST_SPANS:
        return [range(joined[0].start, joined[-1].stop)]
    return joined


def _ask(upstream: Upstream, grid: _Grid, span: range, most_numbers: float) -> Columns:
    times_ms = grid.times(span)

    def ask() -> CacheEntry:
        columns = query_columns(upstream.prometheus, grid.query, times_ms, most_numbers)
        return CacheEntry(columns, 0, 0)

    found: Columns = upstream.cache.get_or_make((grid, span, most_numbers), ask)
    return found


def _empty(length: int) -> Column:
    return array("d", [nan]) * length


def _copy(chunk: _Chunk, known: range, columns: Columns, wanted: range) -> None:
    for labels, values in chunk.columns.items():
        column = columns.setdefault(labels, _empty(len(wanted)))
        column[known.start - wanted.start : known.stop - wanted.start] = array(
            "d", values[known.start - chunk.first : known.stop - chunk.first]
        )


def _place(found: Columns, span: range, columns: Columns, wanted: range) -> None:
    for labels, values in found.items():
        column = columns.setdefault(labels, _empty(len(wanted)))
        # A joined span may include times that were cached: their values are the same.
        first = max(span.start, wanted.start)
        column[first - wanted.start : span.stop - wanted.start] = values[first - span.start :]


def _keep(cache: Cache, grid: _Grid, found: Columns, final: range) -> None:
    """Cache the values of final times, together with what is cached of their chunks."""
    if not final:
        return
    for part in _parts(final):
        columns: Columns = {
            labels: column[part.start - final.start : part.stop - final.start]
            for labels, column in found.items()
        }
        key = (grid, part.start // _CHUNK)
        chunk = _extend(cache.get(key), _Chunk(part.start, part.stop, columns))
        cache.put(key, CacheEntry(chunk, _size(chunk, grid), _KEEP_SECONDS))


def _extend(old: _Chunk | None, new: _Chunk) -> _Chunk:
    """Return both chunks as one if they are adjacent; else the new one."""
    if old is None or new.first > old.end or old.first > new.end:
        return new
    first, end = min(old.first, new.first), max(old.end, new.end)
    columns: dict[Labels, Column] = {}
    for chunk in (old, new):
        for labels, values in chunk.columns.items():
            column = columns.setdefault(labels, _empty(end - first))
            column[chunk.first - first : chunk.end - first] = array("d", values)
    return _Chunk(first, end, columns)


def _size(chunk: _Chunk, grid: _Grid) -> int:
    labels = sum(200 + len(name) + len(value) for labels in chunk.columns for name, value in labels)
    numbers = len(chunk.columns) * (chunk.end - chunk.first) * _NUMBER_BYTES
    return numbers + labels + len(grid.query)
