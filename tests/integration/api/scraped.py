"""Scrapes in the notation of promtool, as samples that can be written into a Prometheus."""

import re
import struct
from collections.abc import Iterator, Mapping

from bench.support.remote_write import Series

# The value with which Prometheus marks the end of a series; another NaN is a value.
# https://github.com/prometheus/prometheus/blob/main/model/value/value.go
STALE = struct.unpack("<d", struct.pack("<Q", 0x7FF0000000000002))[0]

_LABEL = re.compile(r'([a-z_]+)="([^"]*)"')
_RUN = re.compile(r"(?P<first>[^x+]*)(?:\+(?P<growth>\d+))?x(?P<more>\d+)")


def scrapes_of(
    scraped: Mapping[str, str], start: float, interval_seconds: float
) -> Iterator[tuple[float, list[Series]]]:
    """Yield the time of each scrape, and its samples as Prometheus stores them.

    Args:
        scraped: values by series, such as ``up{job="kong"}`` and ``1x9 stale _x3 7+2x4``.
        start: the time of the first scrape, in Unix seconds.
        interval_seconds: the time between two scrapes.

    """
    series = [(_labels_of(name), list(expand(values))) for name, values in scraped.items()]
    for number in range(max(len(values) for _, values in series)):
        at = start + interval_seconds * number
        yield (
            at,
            [
                (labels, [(at, value)])
                for labels, values in series
                if number < len(values) and (value := values[number]) is not None
            ],
        )


def _labels_of(name: str) -> dict[str, str]:
    metric, _, labels = name.partition("{")
    return {"__name__": metric, **dict(_LABEL.findall(labels))}


def expand(values: str) -> Iterator[float | None]:
    """Yield each value, or None without a sample.

    >>> list(expand("1 _x2 7+2x2"))
    [1.0, None, None, 7.0, 9.0, 11.0]
    """
    for word in values.split():
        run = _RUN.fullmatch(word)
        first, more = (run["first"], int(run["more"])) if run else (word, 0)
        if first == "_":
            yield from [None] * max(1, more)
        else:
            value = STALE if first == "stale" else float(first)
            growth = int(run["growth"] or 0) if run else 0
            # Not 0 * growth, which would change the bits of the marker.
            yield from (value + growth * number if growth else value for number in range(more + 1))
