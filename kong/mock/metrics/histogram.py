"""Histograms, as Kong's plugin keeps them in the shared dictionary."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from kong.mock.metrics.text import Sample, full_name


@dataclass(frozen=True)
class Histogram:
    """A histogram with the given upper bounds of its buckets, lowest first."""

    name: str
    bounds: tuple[int, ...]

    def observe(self, value: float, labels: Mapping[str, str]) -> Iterator[Sample]:
        """Yield what one value adds.

        A bucket appears with its first value, so that a new histogram lacks the buckets below. All
        bounds in the keys have the same number of digits, and "Inf" has no sign: so they sort.
        """
        yield full_name(f"{self.name}_count", labels), 1
        yield full_name(f"{self.name}_sum", labels), value
        width = len(f"{self.bounds[-1]:.1f}")
        reached = [f"{bound:0{width}.1f}" for bound in self.bounds if value <= bound]
        for bound in (*reached, "Inf"):
            yield full_name(f"{self.name}_bucket", {**labels, "le": bound}), 1
