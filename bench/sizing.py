"""Measure the memory and disk space that Prometheus needs: python -m bench.sizing.

Memory is measured in a Prometheus that holds the past 75 minutes of its gateways: what is in use
after a garbage collection, and the peak while the accounting is evaluated. Disk space is measured
in a block of 54 hours, the largest one with a retention of 45 days, for one kind of series each.
"""

import argparse
import random
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import requests

from bench.support.generated_history import (
    BLOCK_SECONDS,
    BUILD_TIMEOUT_SECONDS,
    COUNTERS_OF_TARGET,
    END,
    SCRAPE_SECONDS,
    SCRAPES,
    STEP_SECONDS,
    TARGETS,
    recent_hour,
)
from bench.support.prometheus import Server, running
from bench.support.remote_write import Series, write
from bench.support.table import print_table
from local import programs
from quotas import names
from quotas.accounting_options import Accounting
from quotas.rules.accounting.recording import delta_rules

# How often the 10,000 counters of the generated gateways are multiplied.
FLEETS = (1, 2, 4)
EVALUATIONS = 3
QUOTA_SECONDS = 300
SERIES_OF_KIND = 100
QUIET_SCRAPES = 240
# Prometheus aligns scrapes that are at most 2 ms late, which makes samples smaller.
LATE_SECONDS = 0.005
LATE = "idle counter, every fourth scrape late"
# Returns the endless values of one series.
Values = Callable[[random.Random], Iterator[float]]


@dataclass(frozen=True)
class Memory:
    """The memory and the write-ahead log (WAL) of a Prometheus."""

    series: int
    heap_bytes: int
    peak_bytes: int
    wal_bytes: int
    samples: int


def measure_memory(fleets: int) -> Memory:
    """Return what Prometheus needs for some times 10,000 counters and their accounting."""
    now = int(time.time()) // 60 * 60
    query = delta_rules(Accounting())[0].query
    with tempfile.TemporaryDirectory(prefix="bench-sizing-") as folder:
        data = Path(folder) / "data"
        with running(Path(folder)) as server:
            # An empty Prometheus accepts samples only in the order of their times.
            for part in recent_hour(now):
                for number in range(fleets):
                    write(server.url, (_of_fleet(number, series) for series in part))
            heap = _heap_bytes(server)
            for minute in range(EVALUATIONS):
                server.ask(query, now - 60 * minute)
            return Memory(
                series=fleets * TARGETS * (COUNTERS_OF_TARGET + 1),
                heap_bytes=heap,
                peak_bytes=_peak_bytes(server),
                wal_bytes=_size(data / "wal"),
                samples=fleets * TARGETS * (COUNTERS_OF_TARGET + 1) * SCRAPES,
            )


def _of_fleet(number: int, series: Series) -> Series:
    labels, samples = series
    instance = labels["instance"].replace("10.0.0.", f"10.0.{number}.")
    # Services differ between fleets, so that the number of deltas is multiplied too.
    other = {names.SERVICE: f"{labels.get(names.SERVICE, '')}-{number}"}
    return {**labels, "instance": instance} | (other if names.SERVICE in labels else {}), samples


def _heap_bytes(server: Server) -> int:
    requests.get(f"{server.url}/debug/pprof/heap?gc=1", timeout=60).raise_for_status()
    metrics = requests.get(f"{server.url}/metrics", timeout=60).text
    (line,) = (ln for ln in metrics.splitlines() if ln.startswith("go_memstats_heap_alloc_bytes "))
    return int(float(line.split()[1]))


def _peak_bytes(server: Server) -> int:
    status = Path(f"/proc/{server.pid}/status").read_text(encoding="ascii")
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


def _counter(chance: random.Random) -> Iterator[int]:
    value = chance.randrange(10**9, 10**11)
    while True:
        value += chance.randrange(10**5, 10**7)
        yield value


def _quiet_counter(chance: random.Random) -> Iterator[int]:
    value = chance.randrange(10**6, 10**8)
    while True:
        if not chance.randrange(QUIET_SCRAPES):
            value += chance.randrange(200, 10**5)
        yield value


def _constant(chance: random.Random) -> Iterator[int]:
    value = chance.randrange(10**6, 10**8)
    while True:
        yield value


def _delta(chance: random.Random) -> Iterator[int]:
    while True:
        yield chance.randrange(4 * 10**5, 4 * 10**7)


def _quiet_delta(chance: random.Random) -> Iterator[int]:
    while True:
        yield 0 if chance.randrange(QUIET_SCRAPES // 4) else chance.randrange(200, 10**5)


def _ratio(chance: random.Random) -> Iterator[float]:
    for value in _counter(chance):
        # Usage is evaluated less often than its ratio.
        for _ in range(QUOTA_SECONDS // STEP_SECONDS):
            yield value / 5e11


def _forecast(chance: random.Random) -> Iterator[float]:
    for value in _counter(chance):
        yield value * 1.7 / 3


KINDS: dict[str, tuple[Values, int]] = {
    "counter, steady traffic": (_counter, SCRAPE_SECONDS),
    "counter, one request per hour": (_quiet_counter, SCRAPE_SECONDS),
    "idle counter": (_constant, SCRAPE_SECONDS),
    LATE: (_constant, SCRAPE_SECONDS),
    "delta, steady traffic": (_delta, STEP_SECONDS),
    "delta, one request per hour": (_quiet_delta, STEP_SECONDS),
    "usage of a month": (_counter, QUOTA_SECONDS),
    "limit of a month": (_constant, QUOTA_SECONDS),
    "ratio of a month": (_ratio, STEP_SECONDS),
    "forecast of a month": (_forecast, STEP_SECONDS),
}


def measure_disk(folder: Path, values: Values, every_seconds: int, late_seconds: float) -> float:
    """Return the bytes per sample in a block, with the index.

    Args:
        folder: a folder for temporary files.
        values: generates the values of a series.
        every_seconds: the interval between two samples.
        late_seconds: how late every fourth sample is.

    Raises:
        subprocess.SubprocessError: promtool failed.

    """
    source, blocks = folder / "series.om", folder / "blocks"
    blocks.mkdir(parents=True)
    start = END // BLOCK_SECONDS * BLOCK_SECONDS - BLOCK_SECONDS
    times = range(start, start + BLOCK_SECONDS, every_seconds)
    with source.open("w", encoding="utf-8") as file:
        file.write("# TYPE series gauge\n")
        for number in range(SERIES_OF_KIND):
            head = f'series{{service="service-{number}",route="service-{number}-route"}}'
            chance = random.Random(number)  # noqa: S311 - generated traffic, no secrets
            late = (0, 0, 0, late_seconds)
            pairs = zip(times, values(chance), strict=False)
            file.writelines(
                f"{head} {value} {at + chance.choice(late):.3f}\n" for at, value in pairs
            )
        file.write("# EOF\n")
    command = ["tsdb", "create-blocks-from", f"--max-block-duration={BLOCK_SECONDS}s", "-q"]
    subprocess.run(  # noqa: S603 - a fixed program, no shell
        [programs.find(programs.PROMTOOL), *command, "openmetrics", source, blocks],
        check=True,
        stdout=subprocess.DEVNULL,
        timeout=BUILD_TIMEOUT_SECONDS,
    )
    return _size(blocks) / (SERIES_OF_KIND * len(times))


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def main() -> None:
    """Run the command line and print the tables."""
    argparse.ArgumentParser(prog="python -m bench.sizing", description=__doc__).parse_args()
    rows = []
    for name, (values, every_seconds) in KINDS.items():
        with tempfile.TemporaryDirectory(prefix="bench-sizing-") as folder:
            size = measure_disk(
                Path(folder), values, every_seconds, LATE_SECONDS if name == LATE else 0
            )
        of_45_days = size * 45 * 86_400 / every_seconds
        rows.append([name, f"{every_seconds} s", f"{size:.2f}", f"{of_45_days / 1000:,.0f} kB"])
    heads = ["series", "interval", "bytes per sample", "45 days"]
    print_table("Disk space", heads, rows)
    rows = []
    for fleets in FLEETS:
        found = measure_memory(fleets)
        rows.append(
            [
                f"{found.series:,}",
                f"{found.heap_bytes / 1e6:,.0f} MB",
                f"{found.heap_bytes / found.series / 1e3:.1f} kB",
                f"{found.peak_bytes / 1e6:,.0f} MB",
                f"{found.peak_bytes / found.series / 1e3:.1f} kB",
                f"{found.wal_bytes / found.samples:.1f}",
            ]
        )
    heads = ["series", "in use", "per series", "peak", "per series", "WAL bytes per sample"]
    print_table("Memory, with 75 minutes of counters scraped every 15 s", heads, rows)


if __name__ == "__main__":
    main()
