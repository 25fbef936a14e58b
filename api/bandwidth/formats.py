"""Traffic as a chart takes it: series, columns, rows or CSV."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from api.amounts import whole
from api.bandwidth.reading import Traffic
from api.bandwidth.windows import Windows, from_ms

OTHER = "other"
# What a spreadsheet would take for a formula.
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")

Column = list[float | None]


@dataclass(frozen=True)
class Line:
    """One series: its labels, or OTHER for the sum of those that are not among the top."""

    labels: dict[str, str] | None
    bytes: Column
    total_bytes: float


def rank(traffic: Traffic, by: Sequence[str], top: int | None) -> tuple[list[Line], bool]:
    """Return the series, those with most bytes first, and whether others were summed up.

    Args:
        traffic: the series.
        by: the public names of their labels.
        top: how many to keep; None for all.

    """
    lines = [
        Line(dict(zip(by, values, strict=True)), column, _total(column))
        for values, column in traffic.columns.items()
    ]
    lines.sort(key=lambda line: -line.total_bytes)
    if top is None or len(lines) <= top:
        return lines, False
    rest = [line.bytes for line in lines[top:]]
    column = [_sum(values) for values in zip(*rest, strict=True)]
    return [*lines[:top], Line(None, column, _total(column))], True


def _sum(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return whole(float(sum(known))) if known else None


def _total(column: Column) -> float:
    return whole(float(sum(filter(None, column))))


def describe(windows: Windows, traffic: Traffic, *, truncated: bool) -> dict[str, Any]:
    """Return the meta of an answer."""
    return {
        "start": from_ms(windows.bounds_ms[0]).isoformat(),
        "end": from_ms(windows.end_ms).isoformat(),
        "step": windows.step.name,
        "step_seconds": None if windows.step.kind == "month" else windows.step.seconds,
        "unit": "bytes",
        "partial_last": windows.partial_last,
        "truncated": truncated,
        "source": traffic.source,
    }


def _named(line: Line) -> dict[str, Any]:
    if line.labels is None:
        return {"labels": {}, OTHER: True}
    return {"labels": line.labels, OTHER: False}


def as_series(windows: Windows, lines: Sequence[Line]) -> list[dict[str, Any]]:
    """Return ``[{labels, other, points: [[epoch_ms, bytes], ...], total_bytes}]``."""
    starts = list(windows.starts_ms)
    return [
        _named(line)
        | {"points": list(zip(starts, line.bytes, strict=True)), "total_bytes": line.total_bytes}
        for line in lines
    ]


def as_columns(windows: Windows, lines: Sequence[Line]) -> dict[str, Any]:
    """Return ``columns`` as uPlot takes them, the times in seconds first, and whose they are."""
    times = [start / 1000 if start % 1000 else start // 1000 for start in windows.starts_ms]
    series = [_named(line) | {"total_bytes": line.total_bytes} for line in lines]
    return {"columns": [times, *(line.bytes for line in lines)], "series": series}


def as_rows(windows: Windows, lines: Sequence[Line], by: Sequence[str]) -> list[dict[str, Any]]:
    """Return ``{start, end, <labels>, bytes}`` for each window and series, oldest first."""
    names = [line.labels if line.labels is not None else dict.fromkeys(by, OTHER) for line in lines]
    times = [from_ms(bound).isoformat() for bound in windows.bounds_ms]
    times[-1] = from_ms(windows.end_ms).isoformat()
    return [
        {"start": times[index], "end": times[index + 1], **labels, "bytes": line.bytes[index]}
        for index in range(len(windows.starts_ms))
        for labels, line in zip(names, lines, strict=True)
    ]


def as_csv(windows: Windows, lines: Sequence[Line], by: Sequence[str]) -> bytes:
    """Return the rows as CSV with a header; a null is an empty cell."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["start", "end", *by, "bytes"])
    for row in as_rows(windows, lines, by):
        writer.writerow([_harmless(value) for value in row.values()])
    return text.getvalue().encode()


def _harmless(value: Any) -> Any:
    """Return the value, text with an apostrophe before what a spreadsheet would calculate."""
    if isinstance(value, str) and value.startswith(_FORMULAS):
        return f"'{value}"
    return value
