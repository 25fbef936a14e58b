"""Let a Prometheus evaluate rules, and measure the CPU time of one evaluation of all of them."""

import json
import os
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import requests

from bench.support.prometheus import Server, write_config
from quotas.rule_files.rendering import render
from quotas.rule_files.rule import Group, Rule, RuleFile

# Short, so that a measurement does not take long. Rules that look back some minutes read more
# samples than with the interval of a minute that they are made for.
INTERVAL_SECONDS = 5
WARM_UPS = 1
LONGEST_WAIT_SECONDS = 900
POLL_SECONDS = 0.5
IDLE_SECONDS = 6
_GROUP = "measured"


@dataclass(frozen=True)
class Evaluation:
    """The mean cost of one evaluation of all rules: CPU time, and samples read."""

    cpu_seconds: float
    samples: int


def measure_rules(
    server: Server, folder: Path, rules: Sequence[Rule], evaluations: int
) -> Evaluation:
    """Return what one evaluation of these rules costs.

    Args:
        server: a Prometheus that runs over ``folder``.
        folder: the folder of its configuration.
        rules: recording rules, evaluated in order as one group.
        evaluations: of how many evaluations the CPU time is the mean.

    Raises:
        RuntimeError: Prometheus does not evaluate the rules, or one of them fails.

    """
    path = folder / "measured.yml"
    path.write_text(render(RuleFile("measured", [Group(_GROUP, INTERVAL_SECONDS, list(rules))])))
    write_config(folder, {"rule_files": [str(path)]})
    idle = _idle_cpu_share(server)
    before = _evaluated(server)
    os.kill(server.pid, signal.SIGHUP)
    try:
        start = _wait_for(server, before + WARM_UPS * len(rules))
        began, cpu_before = time.monotonic(), server.cpu_seconds()
        end = _wait_for(server, start + evaluations * len(rules))
        all_cpu_seconds = server.cpu_seconds() - cpu_before
        cpu_seconds = all_cpu_seconds - idle * (time.monotonic() - began)
        # Of rules that cost little, chance can hide all. Then nothing is taken off.
        cpu_seconds = cpu_seconds if cpu_seconds > 0 else all_cpu_seconds
    finally:
        write_config(folder, {})
        os.kill(server.pid, signal.SIGHUP)
    now = time.time()
    of_query = {query: server.ask(query, now).samples for query in {r.query for r in rules}}
    samples = sum(of_query[rule.query] for rule in rules)
    return Evaluation(cpu_seconds * len(rules) / (end - start), samples)


def _idle_cpu_share(server: Server) -> float:
    """Return the CPU seconds per second that Prometheus takes while it is only asked for counts."""
    began, cpu_before = time.monotonic(), server.cpu_seconds()
    while time.monotonic() < began + IDLE_SECONDS:
        _evaluated(server)
        time.sleep(POLL_SECONDS)
    return (server.cpu_seconds() - cpu_before) / (time.monotonic() - began)


def _wait_for(server: Server, count: int) -> int:
    """Wait until so many rules were evaluated, and return how many were."""
    deadline = time.monotonic() + LONGEST_WAIT_SECONDS
    while time.monotonic() < deadline:
        found = _evaluated(server)
        if found >= count:
            return found
        time.sleep(POLL_SECONDS)
    raise RuntimeError(f"{count} rules were not evaluated within {LONGEST_WAIT_SECONDS} s")


def _evaluated(server: Server) -> int:
    """Return how many rules of the group were evaluated since Prometheus started."""
    count = 0.0
    for line in requests.get(f"{server.url}/metrics", timeout=60).text.splitlines():
        name, _, value = line.rpartition(" ")
        if f";{_GROUP}" not in name:
            continue
        if name.startswith("prometheus_rule_evaluations_total{"):
            count += float(value)
        if name.startswith("prometheus_rule_evaluation_failures_total{") and float(value):
            raise RuntimeError(f"a rule fails: {json.dumps(line)}")
    return int(count)
