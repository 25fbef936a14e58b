"""Measure the accuracy of the rules, next to two common queries: python -m bench.accuracy.

``promtool test rules``, which is Prometheus's own engine, evaluates the generated rules and the
queries over the scrapes of generated fleets (bench/support/fleet.py), one day each. One day is the
limit, since promtool reads at most 10,000 samples of a series.

The results are compared with the bytes that successful scrapes prove. Bytes that no scrape could
show have a column of their own: those that a gateway moved after its last scrape, and those of a
restart between two successful scrapes after which the counter was higher than before.

While Prometheus is down, no rule is evaluated. The columns with "backfilled" contain these steps
nevertheless, as after a backfill or with a second Prometheus; the other columns do not.
"""

import argparse
import json
import re
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from bench.support.fleet import KINDS, Fleet, Service, make_fleet
from bench.support.gateways import GRID_SECONDS
from bench.support.table import print_table
from local import programs
from quotas import names
from quotas.accounting_options import Accounting
from quotas.rule_files.rendering import render_files
from quotas.rule_files.rule import Group, RuleFile
from quotas.rules.accounting.recording import delta_rules, evidence_rules
from quotas.units import format_duration

# The time of compilation. The tests of promtool start in 1970.
TIMEOUT_SECONDS = 900
MIN_REQUESTS = 100
MAX_DEVIATION_PERCENT = {"count": 0.1, "baseline": 0.5}

# A common alternative to increase() over weeks, which is slow.
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
    """A fleet, and by column of the table the bytes of each service."""

    fleet: Fleet
    totals: Mapping[str, Totals]


def run_trial(seed: int) -> Trial:
    """Return the fleet of a seed and what each way of counting returns for it."""
    fleet = make_fleet(seed)
    totals: dict[str, Totals] = {}
    window = format_duration(fleet.seconds)
    for new_targets in MAX_DEVIATION_PERCENT:
        queries = {
            new_targets: _recorded_query(fleet),
            f"{new_targets}, backfilled": _backfilled_query(fleet),
        }
        if not totals:
            by = f"sum by ({names.SERVICE})"
            raw = names.GATEWAY_BYTES
            queries["increase"] = f"{by} (increase({raw}[{window}]))"
            # promtool evaluates the rule every minute, so each byte is in five windows.
            queries["increase5m"] = f"{by} (sum_over_time({PEER}[{window}])) / 5"
        totals |= _evaluate(fleet, new_targets, queries)
    return Trial(fleet, totals)


def _recorded_query(fleet: Fleet) -> str:
    """Return PromQL for the recorded bytes, without the steps while Prometheus was down."""
    before = int(fleet.down.start) // 60 * 60
    after = -(-int(fleet.down.end) // 60) * 60
    deltas = f"{names.DELTA}"
    # Each range ends 1 s after an evaluation, so that no evaluation is in both.
    until_down = f"{deltas}[{before + 1}s] offset {fleet.seconds - before}s"
    since = f"{deltas}[{fleet.seconds - after + 2}s]"
    return (
        f'sum by ({names.SERVICE}) (label_replace(sum_over_time({until_down}), "half", "1", "", "")'
        f" or sum_over_time({since}))"
    )


def _backfilled_query(fleet: Fleet) -> str:
    deltas = f"{names.DELTA}[{fleet.seconds}s]"
    return f"sum by ({names.SERVICE}) (sum_over_time({deltas}))"


def _evaluate(fleet: Fleet, new_targets: str, queries: Mapping[str, str]) -> dict[str, Totals]:
    accounting = Accounting(count_new_targets=new_targets == "count")
    steps = [*evidence_rules(accounting), *delta_rules(accounting)]
    group = Group("gateway-quotas", accounting.resolution_seconds, steps)
    name = "gateway-quotas.yml"
    with tempfile.TemporaryDirectory(prefix="bench-accuracy-") as folder:
        rules = render_files([RuleFile("gateway-quotas", [group])])[name]
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
                        # No samples are expected, so promtool prints those that it got.
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


def _deviation_percent(total: float, truth: float) -> float:
    return 100 * (total - truth) / truth


def _row(name: str, members: Sequence[tuple[Trial, Service]], ways: Sequence[str]) -> list[str]:
    """Return a row with the bytes of some services and the deviation of each way of counting."""
    moved = sum(service.moved_bytes for _, service in members)
    proven = sum(service.proven_bytes for _, service in members)
    cells = [name, f"{sum(service.requests for _, service in members):,}", f"{moved:,}"]
    cells.append(f"{_deviation_percent(proven, moved):+.3f} %")
    for way in ways:
        total = sum(trial.totals[way].get(service.name, 0) for trial, service in members)
        cells.append(f"{_deviation_percent(total, proven):+.3f} %")
    return cells


def _misses(trials: Mapping[int, Trial], suffix: str) -> list[str]:
    """Return the services whose deviation is too large, or that are above the truth."""
    found = []
    for seed, trial in trials.items():
        for service in trial.fleet.services:
            for way, most in MAX_DEVIATION_PERCENT.items():
                total = trial.totals[way + suffix].get(service.name, 0)
                off = _deviation_percent(total, service.proven_bytes)
                if service.requests > MIN_REQUESTS and not -most <= off <= 0:
                    found.append(f"seed {seed}, {service.name}, {way}: {off:+.4f} %")
    return found


def main() -> None:
    """Run the command line and print the tables."""
    parser = argparse.ArgumentParser(prog="python -m bench.accuracy", description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3], help="one fleet each")
    seeds = parser.parse_args().seeds
    with ThreadPoolExecutor(2) as pool:
        trials = dict(zip(seeds, pool.map(run_trial, seeds), strict=True))
    ways = [
        *(name for way in MAX_DEVIATION_PERCENT for name in (way, f"{way}, backfilled")),
        "increase",
        "increase5m",
    ]
    heads = ["traffic", "requests", "bytes moved", "invisible to scrapes", *ways]
    members = [(trial, service) for trial in trials.values() for service in trial.fleet.services]
    print_table(
        f"All services of {len(seeds)} fleets, one day each: deviation from what scrapes prove",
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
    limits = " and ".join(f"{most} % ({way})" for way, most in MAX_DEVIATION_PERCENT.items())
    for words, suffix in (("backfilled", ", backfilled"), ("not backfilled", "")):
        misses = _misses(trials, suffix)
        print(f"\nWithin {limits} and never above, {words}: {'NO' if misses else 'yes'}")
        for miss in misses:
            print(f"  {miss}")


if __name__ == "__main__":
    main()
