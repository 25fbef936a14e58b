"""Measure the memory and disk space that Prometheus needs: python -m bench.sizing.

Memory is measured in a Prometheus that holds the past 75 minutes of its gateways: what is in use
after a garbage collection, and the peak while all rules of the accounting of one calendar are
evaluated, with those of every quarter of an hour. So is how many series they record. Disk space is
measured in a block of 54 hours, the largest one with a retention of 45 days, for one kind of series
each.
"""

import argparse
import random
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import requests

from bench.costs.accounting import AHEAD_SECONDS, CALENDARS, accounting_rules
from bench.costs.evaluation import measure_rules
from bench.costs.month import BLOCK_SECONDS, STEP_SECONDS, create_blocks
from bench.support import series_values
from bench.support.generated_history import SCRAPE_SECONDS, SCRAPES, recent_hour
from bench.support.prometheus import Server, running
from bench.support.remote_write import Series, write
from bench.support.table import print_table
from quotas import names

# How often the 10,000 counters of the generated gateways are multiplied.
FLEETS = (1, 2)
EVALUATIONS = 1
SERIES_OF_KIND = 100
# Any start of a block.
START = 9_000 * BLOCK_SECONDS
# Prometheus aligns scrapes that are at most 2 ms late, which makes samples smaller.
LATE_SECONDS = 0.005
LATE = "idle counter, every fourth scrape late"


@dataclass(frozen=True)
class Memory:
    """The series, the memory and the write-ahead log (WAL) of a Prometheus."""

    series: int
    recorded: int
    heap_bytes: int
    peak_bytes: int
    wal_bytes: int
    samples: int


def measure_memory(fleets: int) -> Memory:
    """Return what Prometheus needs for some times 10,000 counters and their accounting."""
    now = int(time.time()) // 60 * 60
    with tempfile.TemporaryDirectory(prefix="bench-sizing-") as folder:
        data = Path(folder) / "data"
        with running(Path(folder)) as server:
            # An empty Prometheus accepts samples only in the order of their times.
            for part in recent_hour(now + AHEAD_SECONDS):
                for number in range(fleets):
                    write(server.url, (_of_fleet(number, series) for series in part))
            heap = _metric(server, "go_memstats_heap_alloc_bytes")
            scraped, wal = _metric(server, "prometheus_tsdb_head_series"), _size(data / "wal")
            for rules in accounting_rules(CALENDARS[1], datetime.fromtimestamp(now, UTC)):
                measure_rules(server, Path(folder), rules, EVALUATIONS)
            return Memory(
                series=scraped,
                recorded=_metric(server, "prometheus_tsdb_head_series") - scraped,
                heap_bytes=heap,
                peak_bytes=_peak_bytes(server),
                wal_bytes=wal,
                samples=scraped * SCRAPES,
            )


def _of_fleet(number: int, series: Series) -> Series:
    labels, samples = series
    instance = labels["instance"].replace("10.0.0.", f"10.0.{number}.")
    # Services differ between fleets, so that the number of deltas is multiplied too.
    other = {names.SERVICE: f"{labels.get(names.SERVICE, '')}-{number}"}
    return {**labels, "instance": instance} | (other if names.SERVICE in labels else {}), samples


def _metric(server: Server, name: str) -> int:
    """Return the value of one of Prometheus's own metrics, after a garbage collection."""
    requests.get(f"{server.url}/debug/pprof/heap?gc=1", timeout=60).raise_for_status()
    metrics = requests.get(f"{server.url}/metrics", timeout=60).text
    (line,) = (line for line in metrics.splitlines() if line.startswith(f"{name} "))
    return int(float(line.split()[1]))


def _peak_bytes(server: Server) -> int:
    status = Path(f"/proc/{server.pid}/status").read_text(encoding="ascii")
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


KINDS: dict[str, tuple[series_values.Values, int]] = {
    "counter, steady traffic": (series_values.counter, SCRAPE_SECONDS),
    "counter, one request per hour": (series_values.quiet_counter, SCRAPE_SECONDS),
    "idle counter": (series_values.constant, SCRAPE_SECONDS),
    LATE: (series_values.constant, SCRAPE_SECONDS),
    "delta, steady traffic": (series_values.delta, STEP_SECONDS),
    "delta, one request per hour": (series_values.quiet_delta, STEP_SECONDS),
    "open quarter of an hour": (series_values.open_quarter, STEP_SECONDS),
    "closed quarters of an hour": (series_values.closed, series_values.CLOSED_SECONDS),
    "total of a period": (series_values.counter, STEP_SECONDS),
    "evidence about a gateway": (series_values.constant, STEP_SECONDS),
    "usage of a month": (series_values.counter, STEP_SECONDS),
    "limit of a month": (series_values.constant, STEP_SECONDS),
    "ratio of a month": (series_values.ratio, STEP_SECONDS),
    "forecast of a month": (series_values.forecast, STEP_SECONDS),
}


def measure_disk(
    folder: Path, values: series_values.Values, every_seconds: int, late_seconds: float
) -> float:
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
    start = START
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
    create_blocks(source, blocks)
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
                f"{found.recorded:,}",
                f"{found.heap_bytes / 1e6:,.0f} MB",
                f"{found.heap_bytes / found.series / 1e3:.1f} kB",
                f"{found.peak_bytes / 1e6:,.0f} MB",
                f"{found.peak_bytes / found.series / 1e3:.1f} kB",
                f"{found.wal_bytes / found.samples:.1f}",
            ]
        )
    heads = [
        "series",
        "recorded",
        "in use",
        "per series",
        "peak",
        "per series",
        "WAL bytes per sample",
    ]
    print_table("Memory, with 75 minutes of counters scraped every 15 s", heads, rows)


if __name__ == "__main__":
    main()
