"""Tests of compiled rules with ``promtool``: Prometheus's own engine, on given series."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from local import programs
from quotas import names
from quotas.file.loading import parse_quotas
from quotas.promql import quote
from quotas.rule_files.rendering import render_files
from quotas.rules.compiler import compile_rules

TIMEOUT_SECONDS = 300
LONGEST_REPORT = 20_000
# The time of compilation, from which the compiled years of time zones follow.
NOW = datetime(2026, 11, 24, tzinfo=UTC)

Labels = Mapping[str, str]


@dataclass(frozen=True)
class Samples:
    """The expected result of a query at a time: a value for each set of labels."""

    query: str
    at: str
    expected: Sequence[tuple[Labels, float]]

    def as_test(self) -> dict[str, Any]:
        """Return the expectation in the format of promtool."""
        return {
            "expr": self.query,
            "eval_time": self.at,
            "exp_samples": [
                {"labels": series("", **labels), "value": value} for labels, value in self.expected
            ],
        }


@dataclass(frozen=True)
class Alerts:
    """The alerts of one name that must fire at a time, with their labels and annotations."""

    name: str
    at: str
    expected: Sequence[tuple[Labels, Labels]]

    def as_test(self) -> dict[str, Any]:
        """Return the expectation in the format of promtool."""
        return {
            "alertname": self.name,
            "eval_time": self.at,
            "exp_alerts": [
                {"exp_labels": labels, "exp_annotations": annotations}
                for labels, annotations in self.expected
            ],
        }


@dataclass(frozen=True)
class Case:
    """One test: series in the notation of promtool, and the expected results."""

    series: Mapping[str, str]
    expected: Sequence[Samples | Alerts]
    name: str = ""
    interval: str = "15s"
    external_labels: Labels = field(default_factory=dict)

    def as_test(self) -> dict[str, Any]:
        """Return the test in the format of promtool."""
        return {
            "name": self.name,
            "interval": self.interval,
            "input_series": [
                {"series": name, "values": values} for name, values in self.series.items()
            ],
            "promql_expr_test": [e.as_test() for e in self.expected if isinstance(e, Samples)],
            "alert_rule_test": [e.as_test() for e in self.expected if isinstance(e, Alerts)],
        }


def series(metric: str, **labels: str) -> str:
    """Return the name of a series in the notation of Prometheus."""
    return metric + "{" + ", ".join(f"{name}={quote(labels[name])}" for name in labels) + "}"


def up(instance: str = "kong:8100", job: str = names.GATEWAY_JOB) -> str:
    """Return the name of the series that says whether a gateway answers."""
    return series("up", job=job, instance=instance)


def counter(instance: str = "kong:8100", **labels: str) -> str:
    """Return the name of a gateway's counter, by default that of one route's egress."""
    target = {"job": names.GATEWAY_JOB, "instance": instance}
    one = {names.SERVICE: "bun-service", names.ROUTE: "bun-route", names.DIRECTION: names.EGRESS}
    return series(names.GATEWAY_BYTES, **target, **(one | labels))


def rules_of(quotas_yaml: str) -> dict[str, str]:
    """Return the rule files that a quotas.yaml compiles to."""
    return render_files(compile_rules(parse_quotas(quotas_yaml.encode()), NOW))


def chosen(rules: Mapping[str, str], *names_of_rules: str) -> dict[str, str]:
    """Return a rule file with only the rules that have these names, in one group."""
    groups = [
        group
        for content in rules.values()
        for group in yaml.load(content, yaml.CSafeLoader)["groups"]
    ]
    kept = [
        rule
        for group in groups
        for rule in group["rules"]
        if rule.get("record", rule.get("alert")) in names_of_rules
    ]
    return {"chosen.yml": json.dumps({"groups": [{"name": "chosen", "rules": kept}]})}


def run_rules(
    folder: Path, rules: Mapping[str, str], cases: Sequence[Case], *, evaluate_every: str = "1m"
) -> None:
    """Fail with the report of promtool unless the rules have the expected results in each case.

    All groups are evaluated at the same times, in the order of ``rules``.
    """
    write(folder, rules)
    test = folder / "cases.yml"
    # JSON is YAML as long as it contains no surrogate pairs, hence ensure_ascii=False.
    content = {
        "rule_files": list(rules),
        "evaluation_interval": evaluate_every,
        "group_eval_order": [
            group["name"]
            for content in rules.values()
            for group in yaml.load(content, yaml.CSafeLoader)["groups"]
        ],
        "tests": [case.as_test() for case in cases],
    }
    test.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    _promtool("test", "rules", str(test))


def check_rules(folder: Path, rules: Mapping[str, str]) -> None:
    """Fail with the report of promtool unless Prometheus would load the rules."""
    write(folder, rules)
    _promtool("check", "rules", *(str(folder / name) for name in rules))


def write(folder: Path, rules: Mapping[str, str]) -> None:
    """Write rule files by their names."""
    for name, content in rules.items():
        (folder / name).write_text(content, encoding="utf-8")


def _promtool(*arguments: str) -> None:
    done = subprocess.run(
        [programs.find(programs.PROMTOOL), *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
    )
    if done.returncode:
        pytest.fail((done.stdout + done.stderr)[:LONGEST_REPORT], pytrace=False)
