"""Compute quotas for the time before the rules were loaded: python -m local.backfill."""

import argparse
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from local.backfill.filling import backfill
from local.backfill.ranges import BackfillError, format_time
from local.programs import ProgramMissingError
from local.stack.processes import StackError
from quotas.file.loading import QuotasError, load_quotas
from quotas.prometheus.client import PrometheusError
from quotas.prometheus.endpoint import make_endpoint
from quotas.settings import SettingsError

_FAILURES = (
    BackfillError,
    QuotasError,
    PrometheusError,
    SettingsError,
    StackError,
    ProgramMissingError,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return 0, or 1 if nothing could be filled."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.start is not None and options.start.tzinfo is None:
        parser.error("--start needs an offset, such as +00:00")
    try:
        filled = backfill(
            make_endpoint(options.url, os.environ),
            load_quotas(options.quotas),
            options.out,
            now=datetime.now(UTC),
            start=options.start,
            deltas_only=options.deltas_only,
        )
    except _FAILURES as error:
        print(error, file=sys.stderr)
        return 1
    for calendar, times in filled.items():
        print(f"filled {calendar} from {format_time(times.first)} to {format_time(times.last)}")
    if filled:
        print(f"now move what is in {options.out}/ into the folder of Prometheus's database")
    else:
        print("nothing to fill: all is recorded since the start")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local.backfill", description=__doc__)
    parser.add_argument(
        "--url",
        default="http://localhost:9090",
        help="the Prometheus that has the counters and has loaded the rules (%(default)s)",
    )
    parser.add_argument(
        "--quotas", type=Path, default=Path("quotas.yaml"), help="the quotas file (%(default)s)"
    )
    parser.add_argument(
        "--start",
        type=datetime.fromisoformat,
        metavar="TIME",
        help="where to start, such as 2026-11-01T00:00:00+00:00 (the start of each current period)",
    )
    parser.add_argument(
        "--deltas-only",
        action="store_true",
        help="leave out past usage, ratios and forecasts, which only charts and forecasts need",
    )
    parser.add_argument(
        "--out", type=Path, default=Path("backfill"), help="folder for the blocks (%(default)s)"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
