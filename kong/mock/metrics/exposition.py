"""The text of /metrics, from the keys and values of samples."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from kong.mock.counters import Exchange, Snapshot
from kong.mock.metrics.text import Sample, format_number

PREFIX = "kong_"
# Kong sets this to 0 when it starts or is reloaded, and adds 1 for each error of its plugin.
ERRORS = "nginx_metric_errors_total"
_BUCKET = re.compile(r'(.*[,{]le=")(.*)(".*)')


@dataclass(frozen=True)
class Family:
    """What the comments say about a metric."""

    help: str
    type: str


@dataclass(frozen=True)
class Observed:
    """What gauges show at one moment; ``dictionaries`` are (name, used bytes, size in bytes)."""

    snapshot: Snapshot
    node_id: str
    pids: tuple[int, ...]
    dictionaries: tuple[tuple[str, int, int], ...]


@dataclass(frozen=True)
class Format:
    """What one version of Kong exposes.

    Attributes:
        kong: the version.
        families: by the name of a metric, without ``kong_``.
        dictionaries: name, size in bytes, and pages in use after the start, of each shared
            dictionary but the plugin's own.
        increments: returns what an exchange adds to counters and histograms.
        start_gauges: returns the gauges that are set only at the start and after a reload.
        gauges: returns the gauges that every scrape sets.
        has_local_gauges: gauges live outside of the shared dictionary, and are all that
            /metrics shows while no plugin is enabled.

    """

    kong: str
    families: Mapping[str, Family]
    dictionaries: tuple[tuple[str, int, int], ...]
    increments: Callable[[Exchange], Iterator[Sample]]
    start_gauges: Callable[[Observed], Iterator[Sample]]
    gauges: Callable[[Observed], Iterator[Sample]]
    has_local_gauges: bool


def render(samples: Iterable[Sample], families: Mapping[str, Family]) -> str:
    """Return the samples as text, sorted by key, with comments before the first of each metric."""
    lines = []
    seen = set()
    for key, value in sorted(samples):
        name = _family_name(key)
        if name not in seen and name in families:
            family = families[name]
            lines.append(f"# HELP {PREFIX}{name} {family.help}")
            lines.append(f"# TYPE {PREFIX}{name} {family.type}")
        seen.add(name)
        lines.append(f"{PREFIX}{_exposed(key)} {format_number(value)}")
    return "".join(f"{line}\n" for line in lines)


def _family_name(key: str) -> str:
    """Return the name of a metric. Of a histogram, only the buckets, which come first, have it."""
    name, brace, labels = key.partition("{")
    return name.removesuffix("_bucket") if brace and "le=" in labels else name


def _exposed(key: str) -> str:
    """Return a key with the bound of a bucket as a number; keys have zeros in it, for sorting."""
    found = _BUCKET.fullmatch(key)
    if found is None:
        return key
    before, bound, after = found.groups()
    exposed = "+Inf" if bound == "Inf" else format_number(float(bound))
    return f"{before}{exposed}{after}"
