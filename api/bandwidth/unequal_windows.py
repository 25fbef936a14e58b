"""Recorded bytes of windows of different lengths, such as months, in one query for all of them.

A range query has windows of one length. Here each window is a part of one instant query, with an
offset and a label that tells the parts apart. Windows that are final are cached one by one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from string import Template

from api.bandwidth.queries import BandwidthQuery, recorded_query, recording_delay_ms
from api.clients.cache import CacheEntry
from api.clients.range_cache import SETTLE_MS, Upstream, read_instant
from quotas.http.exchange import BadAnswerError
from quotas.prometheus.queries import Labels
from quotas.promql import either

_NUMBER = "__window__"
_KEEP_SECONDS = 3_600.0
_PART = Template('label_replace(\n$bytes\n, "$label", "$number", "", "")')
# Windows in one query.
_MOST_AT_ONCE = 60
# What a window's value takes in the cache: its labels and numbers.
_VALUE_BYTES = 500

Found = dict[Labels, float]


@dataclass(frozen=True)
class Window:
    """A window by its start and end, in Unix milliseconds, and its place among all windows."""

    index: int
    start_ms: int
    end_ms: int


def read_windows(
    upstream: Upstream, query: BandwidthQuery, windows: Sequence[Window], now_ms: int
) -> Iterator[tuple[Window, Found]]:
    """Yield each window with the bytes that are recorded in it, by the labels of each series.

    All windows must be recorded.

    Raises:
        UpstreamError: Prometheus gave no usable answer.

    """
    unknown: list[Window] = []
    for window in windows:
        known: Found | None = upstream.cache.get(_key(query, window))
        if known is None:
            unknown.append(window)
        else:
            yield window, known
    for first in range(0, len(unknown), _MOST_AT_ONCE):
        yield from _read(upstream, query, unknown[first : first + _MOST_AT_ONCE], now_ms)


def _read(
    upstream: Upstream, query: BandwidthQuery, unknown: Sequence[Window], now_ms: int
) -> Iterator[tuple[Window, Found]]:
    last_ms = max(window.end_ms for window in unknown)
    at_ms = last_ms + recording_delay_ms(query.accounting)
    found: dict[int, Found] = {number: {} for number in range(len(unknown))}
    for series in read_instant(upstream, _ask_for(query, unknown, last_ms), at_ms):
        labels = dict(series.labels)
        number = int(labels.pop(_NUMBER, "-1"))
        if number not in found:
            raise BadAnswerError("a series in its answer is of no window")
        [found[number][tuple(sorted(labels.items()))]] = series.values.values()
    for number, window in enumerate(unknown):
        delay_ms = recording_delay_ms(query.accounting)
        if window.end_ms + delay_ms <= now_ms - SETTLE_MS:
            size_bytes = (1 + len(found[number])) * _VALUE_BYTES
            entry = CacheEntry(found[number], size_bytes, _KEEP_SECONDS)
            upstream.cache.put(_key(query, window), entry)
        yield window, found[number]


def _key(query: BandwidthQuery, window: Window) -> tuple[str, int]:
    return recorded_query(query, window.end_ms - window.start_ms), window.end_ms


def _ask_for(query: BandwidthQuery, windows: Sequence[Window], last_ms: int) -> str:
    return either(
        *(
            _PART.substitute(
                bytes=recorded_query(
                    query, window.end_ms - window.start_ms, last_ms - window.end_ms
                ),
                label=_NUMBER,
                number=number,
            )
            for number, window in enumerate(windows)
        )
    )
