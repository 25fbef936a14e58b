"""The formats of traffic, for charts and tables.

``/api/v1/bandwidth`` has the parameter ``format``: ``series`` (a list of points for each series),
``columns`` (as uPlot takes them), ``rows`` (an object with start, end, the labels asked for, bytes,
and whether it is the rest beyond the top) or ``csv`` (the same rows as text).
``/metrics/bandwidth_used`` always has plain rows: an object with the end of a window, the labels of
ROW_LABELS and ``bandwidth_used``.
"""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from api.bandwidth.rates import BYTES, percentile_of, to_unit
from api.bandwidth.traffic import Traffic
from api.byte_numbers import as_whole
from api.windows import Windows, from_ms
from quotas import names
from quotas.csv_cells import harmless

OTHER = "other"

Column = list[float | None]

# The labels that tell plain rows apart, in the order in which rows of one time are sorted.
ROW_LABELS = (names.DIRECTION, names.SERVICE, names.ROUTE)


@dataclass(frozen=True)
class Line:
    """One series; ``labels`` is None for the sum of those beyond the top.

    ``values`` and ``percentile`` are in the unit of the answer.
    """

    labels: dict[str, str] | None
    values: Column
    total_bytes: float
    percentile: float | None = None


def rank(traffic: Traffic, by: Sequence[str], top: int | None) -> tuple[list[Line], bool]:
    """Return the series, those with most bytes first, and whether some were summed up.

    Args:
        traffic: the series.
        by: the public names of their labels.
        top: how many to keep; the others become one. None keeps all.

    """
    lines = [
        Line(dict(zip(by, values, strict=True)), column, _total(column))
        for values, column in traffic.columns.items()
    ]
    lines.sort(key=lambda line: -line.total_bytes)
    if top is None or len(lines) <= top:
        return lines, False
    rest = [line.values for line in lines[top:]]
    column = [_sum(values) for values in zip(*rest, strict=True)]
    return [*lines[:top], Line(None, column, _total(column))], True


def _sum(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return as_whole(float(sum(known))) if known else None


def _total(column: Column) -> float:
    return as_whole(float(sum(filter(None, column))))


def measure(lines: Iterable[Line], windows: Windows, unit: str, percent: int | None) -> list[Line]:
    """Return the series, of bytes, in a unit, with the percentile of their windows."""
    converted = [replace(line, values=to_unit(line.values, windows, unit)) for line in lines]
    return [
        replace(line, percentile=percentile_of(line.values, windows, percent)) for line in converted
    ]


def describe(
    windows: Windows,
    traffic: Traffic,
    *,
    truncated: bool,
    unit: str = BYTES,
    percent: int | None = None,
) -> dict[str, Any]:
    """Return what the numbers of an answer are: span, step, unit, percentile, source."""
    return {
        "start": from_ms(windows.bounds_ms[0]).isoformat(),
        "end": from_ms(windows.end_ms).isoformat(),
        "step": windows.step.name,
        "step_seconds": None if windows.step.kind == "month" else windows.step.seconds,
        "unit": unit,
        "percentile": percent,
        "partial_last": windows.partial_last,
        "truncated": truncated,
        "source": traffic.source,
    }


def _named(line: Line) -> dict[str, Any]:
    if line.labels is None:
        return {"labels": {}, OTHER: True}
    return {"labels": line.labels, OTHER: False}


def _figures(line: Line) -> dict[str, float | None]:
    return {"total_bytes": line.total_bytes, "percentile": line.percentile}


def as_series(windows: Windows, lines: Sequence[Line]) -> list[dict[str, Any]]:
    """Return ``[{labels, other, points: [[epoch_ms, value], ...], total_bytes, percentile}]``."""
    starts = list(windows.starts_ms)
    return [
        _named(line) | {"points": list(zip(starts, line.values, strict=True))} | _figures(line)
        for line in lines
    ]


def as_columns(windows: Windows, lines: Sequence[Line]) -> dict[str, Any]:
    """Return ``columns`` as uPlot takes them, times in seconds first, and their ``series``."""
    times = [start / 1000 if start % 1000 else start // 1000 for start in windows.starts_ms]
    series = [_named(line) | _figures(line) for line in lines]
    return {"columns": [times, *(line.values for line in lines)], "series": series}


def as_rows(
    windows: Windows, lines: Sequence[Line], by: Sequence[str], unit: str = BYTES
) -> list[dict[str, Any]]:
    """Return ``{start, end, <labels>, <unit>, other}`` for each window and series, oldest first.

    The labels of the sum of those beyond the top are None, since any text can be a name.
    """
    labelled = [line.labels if line.labels is not None else dict.fromkeys(by) for line in lines]
    times = [from_ms(bound).isoformat() for bound in [*windows.starts_ms, windows.end_ms]]
    return [
        {
            "start": times[index],
            "end": times[index + 1],
            **labels,
            unit: line.values[index],
            OTHER: line.labels is None,
        }
        for index in range(len(windows.starts_ms))
        for labels, line in zip(labelled, lines, strict=True)
    ]


def as_csv(windows: Windows, lines: Sequence[Line], by: Sequence[str], unit: str = BYTES) -> bytes:
    """Return the rows as CSV with a header; None is an empty cell, ``other`` is true or false."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["start", "end", *by, unit, OTHER])
    for row in as_rows(windows, lines, by, unit):
        is_rest = str(row.pop(OTHER)).lower()
        writer.writerow([harmless(value) for value in (*row.values(), is_rest)])
    return text.getvalue().encode()


def as_plain_rows(
    windows: Windows, end: datetime, traffic: Traffic, selection: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Return ``{time, type, service, route, bandwidth_used}`` by window, oldest first.

    Each row has the time at which its window ends; the last window ends at ``end``. ``traffic`` is
    by ROW_LABELS. A series that ``selection`` names by all of them has rows even if its counter was
    never seen.
    """
    columns = dict(traffic.columns)
    if set(ROW_LABELS) <= set(selection):
        idle: Column = [0 if seen else None for seen in traffic.observed]
        columns.setdefault(tuple(selection[label] for label in ROW_LABELS), idle)
    times = [from_ms(bound) for bound in windows.bounds_ms[1:]]
    if windows.partial_last:
        times[-1] = end
    return [
        {
            "time": time.isoformat(),
            "type": direction,
            "service": service,
            "route": route,
            "bandwidth_used": column[index],
        }
        for index, time in enumerate(times)
        for (direction, service, route), column in sorted(columns.items())
    ]
