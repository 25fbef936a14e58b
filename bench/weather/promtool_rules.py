"""Let promtool, which is Prometheus's own engine, evaluate the accounting over some scrapes."""

import json
import re
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from local import programs
from quotas import names
from quotas.accounting_options import Accounting
from quotas.rule_files.rendering import render_files
from quotas.rule_files.rule import Group, RuleFile
from quotas.rules.accounting.recording import delta_rules, evidence_rules

TIMEOUT_SECONDS = 900

# A common alternative to increase() over weeks, which is slow.
PEER = "peer:bandwidth_bytes:increase5m"
_PEER_RULES = f"""
groups:
  - name: peer
    rules:
      - record: {PEER}
        expr: sum by ({names.SERVICE}) (increase({names.GATEWAY_BYTES}[5m]))
"""
_GOT = re.compile(r'\{[^{}]*(?:service|route)="([^"]+)"[^{}]*\} ([0-9.E+-]+)')

Totals = Mapping[str, float]


def evaluate_rules(
    series: Mapping[str, str],
    interval_seconds: int,
    seconds: int,
    new_targets: str,
    queries: Mapping[str, str],
) -> dict[str, Totals]:
    """Return what queries find after the rules were evaluated each minute.

    Args:
        series: what was scraped, in the notation of promtool.
        interval_seconds: the time between two values of a series.
        seconds: when to evaluate the queries. promtool reads at most 10,000 samples of a series.
        new_targets: what new gateways count, ``count`` or ``baseline``.
        queries: PromQL by name. Their results have a label service or route.

    Raises:
        RuntimeError: promtool failed, or a query found nothing.

    """
    accounting = Accounting(count_new_targets=new_targets == "count")
    steps = [*evidence_rules(accounting), *delta_rules(accounting)]
    group = Group("gateway-quotas", accounting.resolution_seconds, steps)
    name = "gateway-quotas.yml"
    with tempfile.TemporaryDirectory(prefix="bench-accuracy-") as folder:
        rules = render_files([RuleFile("gateway-quotas", [group])])[name]
        (Path(folder) / name).write_text(rules, encoding="utf-8")
        (Path(folder) / "peer.yml").write_text(_PEER_RULES, encoding="utf-8")
        test = {
            "rule_files": [name, "peer.yml"],
            "evaluation_interval": "1m",
            "tests": [
                {
                    "interval": f"{interval_seconds}s",
                    "input_series": [
                        {"series": series, "values": values} for series, values in series.items()
                    ],
                    "promql_expr_test": [
                        # No samples are expected, so promtool prints those that it got.
                        {"expr": query, "eval_time": f"{seconds}s", "exp_samples": []}
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
        name: {label: float(value) for label, value in _GOT.findall(part.split("expr:")[0])}
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
