"""Measure the API, beside Prometheus, a Flask view and a WSGI function: python -m bench.api.

The chart shows one day in steps of one minute: 1,440 points for each of ten services. All is
measured in one run, what is compared in turns, in at most about five minutes.
"""

import argparse
import json
import sys
import tempfile
import time
from dataclasses import astuple
from pathlib import Path

from bench.api.history import write_history
from bench.api.latency import measure_chart, measure_long_chart, measure_quotas
from bench.api.limits import measure_cache, measure_hanging, measure_oversized
from bench.api.load import count_queries, measure_rate
from bench.api.setup import started

_HOUR = 3_600


def main(arguments: list[str] | None = None) -> int:
    """Run the command line, print the table, and return 1 if a target is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench.api", description=__doc__)
    parser.add_argument("--charts", type=int, default=10_000, help="at most so many (%(default)s)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args(arguments)
    end = int(time.time()) // _HOUR * _HOUR - _HOUR
    with (
        tempfile.TemporaryDirectory() as folder,
        started(Path(folder), end, write_history) as bench,
    ):
        rows = [
            *measure_chart(bench),
            *measure_rate(bench),
            *count_queries(bench),
            *measure_long_chart(bench),
            *measure_quotas(bench),
            *measure_cache(bench, options.charts),
            *measure_oversized(bench),
            *measure_hanging(bench),
        ]
    if options.json:
        print(json.dumps([astuple(row) for row in rows]))
    else:
        for row in rows:
            missed = "" if row.is_met else "MISSED"
            print(f"{row.name:<36} {row.result:<34} {row.wanted:<18} {missed}".rstrip())
    return 0 if all(row.is_met for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
