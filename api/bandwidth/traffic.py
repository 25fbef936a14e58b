"""Bytes over time, as they were read."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Traffic:
    """Bytes in each window, by the values of the query's labels.

    A value is None if no gateway was observed in the window; ``observed`` says the same for
    series that are not there. ``source`` is "counters" or "recorded".
    """

    columns: dict[tuple[str, ...], list[float | None]]
    observed: Sequence[bool]
    source: str
