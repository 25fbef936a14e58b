"""How near to the truth the rules count, beside the two queries that everyone writes.

The generated rules and the queries are evaluated by ``promtool test rules``, which is Prometheus's
own engine, over the scrapes of made-up fleets (see bench/fleet.py), a day each; it reads no more
than 10,000 samples of a series.

The truth of a comparison is what successful scrapes prove. What no scrape could have shown is a
column of its own: bytes that a gateway moved after its last scrape and took with it, and a restart
between two successful scrapes after which a counter grew beyond where it was.

While Prometheus is away, no rule is evaluated. The columns with "backfilled" have those steps (from
``promtool tsdb create-blocks-from rules``, or from the other of a pair), the others have not.
"""

import argparse
import json
import re
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench.support.fleet import GRID_SECONDS, KINDS, Fleet, Service, make_fleet
from bench.support.table import print_table
from local import programs
from quotas import names
from quotas.model import Accounting, Quota, QuotaFile
from quotas.rule_files.rendering import render_files
from quotas.rules.compiler import compile_rules
from quotas.units import format_duration

# What is compiled here is compared with times from 1970 on, when promtool's tests begin.
NOW = datetime(1970, 1, 1, tzinfo=UTC)
TIMEOUT_SECONDS = 900
LEAST_REQUESTS = 100
MOST_OFF_PERCENT = {"count": 0.1, "baseline": 0.5}

# What people record who know that a window of weeks is slow.
PEER = "peer:bandwidth_bytes:increase5m"
PEER_RULES = f"""
groups:
  - name: peer
    rules:
      - record: {PEER}
        expr: sum by ({names.SERVICE}) (increase({names.GATEWAY_BYTES}[5m]))
"""

_GOT = re.compile(r'\{[^{}]*service="([^"]+)"[^{}]*\} ([0-9.E+-]+)')

Totals = Mapping[str, float]


@dataclass(frozen=True)
class Trial:
    """A fleet and what each way of counting says of its services."""

    fleet: Fleet
    totals: Mapping[str, Totals]


def run_trial(seed: int) -> Trial:
    """Return what each way of counting says of the fleet of a seed."""
    fleet = make_fleet(seed)
    totals: dict[str, Totals] = {}
    window = format_duration(fleet.seconds)
    for new_targets in MOST_OFF_PERCENT:
        queries = {
            new_targets: _recorded(fleet),
            f"{new_targets}, backfilled": _recorded_always(fleet),
        }
        if not totals:
            by = f"sum by ({names.SERVICE})"
            raw = names.GATEWAY_BYTES
            queries["increase"] = f"{by} (increase({raw}[{window}]))"
            # promtool evaluates every group each minute: five times as often as there are windows.
            queries["increase5m"] = f"{by} (sum_over_time({PEER}[{window}])) / 5"
        totals |= _evaluate(fleet, new_targets, queries)
    return Trial(fleet, totals)


def _recorded(fleet: Fleet) -> str:
    """Return PromQL for the recorded bytes, without evaluations while Prometheus was away."""
    before = int(fleet.away.start) // 60 * 60
    after = -(-int(fleet.away.end) // 60) * 60
    deltas = f'{names.DELTA}{{calendar="month"}}'
    # The end is 1 s after an evaluation, and so is each border: neither range takes it twice.
    until_away = f"{deltas}[{before + 1}s] offset {fleet.seconds - before}s"
    since = f"{deltas}[{fleet.seconds - after + 2}s]"
    return (
        f'sum by ({names.SERVICE}) (label_replace(sum_over_time({until_away}), "half", "1", "", "")'
        f" or sum_over_time({since}))"
    )


def _recorded_always(fleet: Fleet) -> str:
    deltas = f'{names.DELTA}{{calendar="month"}}[{fleet.seconds}s]'
    return f"sum by ({names.SERVICE}) (sum_over_time({deltas}))"


def _evaluate(fleet: Fleet, new_targets: str, queries: Mapping[str, str]) -> dict[str, Totals]:
    accounting = Accounting(count_new_targets=new_targets == "count")
    quotas = QuotaFile(accounting, (), (Quota("any", 1, {}),))
    name = "gateway-accounting.yml"
    with tempfile.TemporaryDirectory(prefix="bench-accuracy-") as folder:
        rules = render_files(compile_rules(quotas, NOW))[name]
        (Path(folder) / name).write_text(rules, encoding="utf-8")
        (Path(folder) / "peer.yml").write_text(PEER_RULES, encoding="utf-8")
        test = {
            "rule_files": [name, "peer.yml"],
            "evaluation_interval": "1m",
            "tests": [
                {
                    "interval": f"{GRID_SECONDS}s",
                    "input_series": [
                        {"series": series, "values": values}
                        for series, values in fleet.series.items()
                    ],
                    "promql_expr_test": [
                        # Nothing is expected, so that promtool says what it got.
                        {"expr": query, "eval_time": f"{fleet.seconds + 1}s", "exp_samples": []}
                        for query in queries.values()
                    ],
                }
            ],
        }
        path = Path(folder) / "test.yml"
        path.write_text(json.dumps(test), encoding="utf-8")
        report = _promtool("test", "rules", str(path))
    got = report.split("got:")[1:]
    if len(got) != len(queries):
        raise RuntimeError(f"promtool did not answer every query: {report[:2_000]}")
    return {
        name: {service: float(value) for service, value in _GOT.findall(part.split("expr:")[0])}
        for name, part in zip(queries, got, strict=True)
    }


def _promtool(*arguments: str) -> str:
    done = subprocess.run(  # noqa: S603 - a fixed program, no shell
        [programs.find(programs.PROMTOOL), *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
    )
    return done.stdout + done.stderr


def _off_percent(total: float, truth: float) -> float:
    return 100 * (total - truth) / truth


def _row(name: str, members: Sequence[tuple[Trial, Service]], ways: Sequence[str]) -> list[str]:
    """Return a row: what all of these services moved, and how far off each way is."""
    moved = sum(service.moved_bytes for _, service in members)
    seen = sum(service.seen_bytes for _, service in members)
    cells = [name, f"{sum(service.requests for _, service in members):,}", f"{moved:,}"]
    cells.append(f"{_off_percent(seen, moved):+.3f} %")
    for way in ways:
        total = sum(trial.totals[way].get(service.name, 0) for trial, service in members)
        cells.append(f"{_off_percent(total, seen):+.3f} %")
    return cells


def _misses(trials: Mapping[int, Trial], suffix: str) -> list[str]:
    """Return which services are farther off than they may be, or above the truth."""
    found = []
    for seed, trial in trials.items():
        for service in trial.fleet.services:
            for way, most in MOST_OFF_PERCENT.items():
                total = trial.totals[way + suffix].get(service.name, 0)
                off = _off_percent(total, service.seen_bytes)
                if service.requests > LEAST_REQUESTS and not -most <= off <= 0:
                    found.append(f"seed {seed}, {service.name}, {way}: {off:+.4f} %")
    return found


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m bench.accuracy", description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    seeds = parser.parse_args().seeds
    with ThreadPoolExecutor(2) as pool:
        trials = dict(zip(seeds, pool.map(run_trial, seeds), strict=True))
    ways = [
        *(name for way in MOST_OFF_PERCENT for name in (way, f"{way}, backfilled")),
        "increase",
        "increase5m",
    ]
    heads = ["traffic", "requests", "bytes moved", "beyond any scrape", *ways]
    members = [(trial, service) for trial in trials.values() for service in trial.fleet.services]
    print_table(
        f"All services of {len(seeds)} fleets, off from what scrapes prove; a day each",
        heads,
        [_row(kind, [m for m in members if m[1].kind == kind], ways) for kind in KINDS],
    )
    print_table(
        "Each service",
        heads,
        [
            _row(f"{seed} {service.name}", [(trial, service)], ways)
            for seed, trial in trials.items()
            for service in trial.fleet.services
        ],
    )
    limits = " and ".join(f"{most} % ({way})" for way, most in MOST_OFF_PERCENT.items())
    for words, suffix in (("backfilled", ", backfilled"), ("not backfilled", "")):
        misses = _misses(trials, suffix)
        print(f"\nWithin {limits}, never above, {words}: {'NO' if misses else 'yes'}")
        for miss in misses:
            print(f"  {miss}")


if __name__ == "__main__":
    main()
