"""Measure time and memory of ``generate_rules.py`` for many quotas: python -m bench.generator.

Each row shows a whole process, from its start to its end, next to a process that only loads the
same file. The quotas are mixed: every seventh has the period day, every tenth has labels, every
twentieth has a forecast, and some use a list of names, a regular expression or for_each.
"""

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.support.table import print_table

ROOT = Path(__file__).resolve().parent.parent
COUNTS = (1_000, 10_000, 100_000)
RUNS = 3
MAX_SECONDS = 3.0
MAX_MEGABYTES = 300
TARGET_COUNT = 10_000

HEAD = """\
version: 1
defaults:
  period: month
  notify: [ops@example.com]
quotas:
"""
LOAD_ONLY = """\
import gc, pathlib, sys
from quotas.file.loading import load_quotas
gc.disable()
load_quotas(pathlib.Path(sys.argv[1]))"""


@dataclass(frozen=True)
class Run:
    """The time and the peak memory of a process."""

    seconds: float
    megabytes: float


def quotas_yaml(count: int) -> str:
    """Return the text of a quotas.yaml with ``count`` quotas."""
    return HEAD + "".join(_quota(number) for number in range(count))


def _quota(number: int) -> str:
    lines = [f"  - name: quota-{number}", f"    limit: {number % 900 + 1} GB"]
    if number % 11 == 0:
        lines.append(f"    service: [service-{number}, other-{number}]")
    elif number % 13 == 0:
        lines.append(f'    service: {{matches: "service-{number}-.*"}}')
    else:
        lines.append(f"    service: service-{number}")
    if number % 17 == 0:
        lines.append("    for_each: consumer")
    if number % 10 == 0:
        lines.append(f"    labels: {{team: team-{number % 50}}}")
    if number % 20 == 0:
        lines.append("    forecast: true")
    if number % 7 == 0:
        lines.append("    period: day")
    return "\n".join(lines) + "\n"


def run(command: list[str]) -> Run:
    """Run a Python program and return its time and memory.

    Raises:
        RuntimeError: it fails.

    """
    started = time.monotonic()
    process = subprocess.Popen(  # noqa: S603 - our own program, no shell
        [sys.executable, *command], cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command[0]} ended with {process.returncode}")
    return Run(time.monotonic() - started, usage.ru_maxrss / 1024)


def measure(folder: Path, count: int) -> tuple[Run, Run]:
    """Return the medians of the whole program and of loading only, which run in turns."""
    source = folder / f"{count}.yaml"
    source.write_text(quotas_yaml(count), encoding="utf-8")
    whole, load = [], []
    for number in range(RUNS):
        out = folder / f"rules-{count}-{number}"
        options = ["-q", "--quotas", str(source), "--out", str(out)]
        whole.append(run([str(ROOT / "generate_rules.py"), *options]))
        load.append(run(["-c", LOAD_ONLY, str(source)]))
    return _median(whole), _median(load)


def _median(runs: list[Run]) -> Run:
    return Run(median(r.seconds for r in runs), median(r.megabytes for r in runs))


def main() -> None:
    """Run the command line and print the table."""
    rows = []
    with tempfile.TemporaryDirectory(prefix="bench-generator-") as folder:
        for count in COUNTS:
            whole, load = measure(Path(folder), count)
            rows.append(
                [
                    f"{count:,}",
                    f"{whole.seconds:.2f} s",
                    f"{whole.megabytes:.0f} MB",
                    f"{whole.seconds / count * 1e6:.0f} µs",
                    f"{load.seconds:.2f} s",
                ]
            )
            if count == TARGET_COUNT:
                kept = whole.seconds <= MAX_SECONDS and whole.megabytes <= MAX_MEGABYTES
    print_table(
        f"generate_rules.py, medians of {RUNS} runs",
        ["quotas", "time", "memory", "per quota", "only loading"],
        rows,
    )
    print(
        f"\n{TARGET_COUNT:,} quotas in at most {MAX_SECONDS:.0f} s and {MAX_MEGABYTES} MB: "
        f"{'yes' if kept else 'NO'}"
    )


if __name__ == "__main__":
    main()
