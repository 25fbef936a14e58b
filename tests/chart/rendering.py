"""The chart, filled with the rules of some quotas, and rendered by helm."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

import generate_rules
from local.programs.chart import SCHEMAS, find_helm

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "deploy" / "helm" / "gateway-quotas"
NAMESPACE = "monitoring"
RELEASE = "gateway-quotas"
TIMEOUT_SECONDS = 120
# A helm that was built without its Makefile takes a very old version for granted.
CLUSTER = ("--kube-version", "1.25.0")
QUOTAS = f"""\
version: 1
labels: {{namespace: {NAMESPACE}}}
accounting: {{new_targets: count}}
defaults: {{notify: [ops@example.com]}}
quotas:
  - {{name: monthly, service: bun-service, limit: 1 GB, forecast: true}}
  - {{name: rolling, period: {{rolling: 30d}}, limit: 1 GB}}
"""

Values = Mapping[str, Any]
Object = dict[str, Any]

SQLITE: Values = {
    "secrets": {"webhookToken": "t" * 32, "apiTokens": "tokens: []"},
    "mail": {"server": "smtp.example.com", "sender": "Gateway quotas <quotas@example.com>"},
}
POSTGRESQL: Values = {
    "image": {"registry": "registry.example.com/gateway", "tag": "1", "pullSecrets": ["login"]},
    "secrets": {"existing": "my-secret"},
    "database": {"url": "postgresql+psycopg://gateway@postgres.databases/gateway"},
    "mail": {**SQLITE["mail"], "username": "quotas"},
    "podMonitor": {"labels": {"release": "kube-prometheus-stack"}},
    "prometheusRules": {"labels": {"release": "kube-prometheus-stack"}},
    "alertmanagerConfig": {"labels": {"release": "kube-prometheus-stack"}},
    "webhook": {"env": {"RETENTION_DAYS": 30}},
    "nodeSelector": {"kubernetes.io/os": "linux"},
    "tolerations": [{"key": "dedicated", "operator": "Exists"}],
}


@dataclass(frozen=True)
class Chart:
    """A copy of the chart."""

    folder: Path

    def fill(self, quotas: str = QUOTAS) -> None:
        """Write quotas.yaml and its rules into the chart, as docs/kubernetes.md has it."""
        file = self.folder.parent / "quotas.yaml"
        file.write_text(quotas)
        files = self.folder / "files"
        files.mkdir(exist_ok=True)
        arguments = ["--quotas", file, "--format", "kubernetes", "--out", files / "rules", "-q"]
        copy = ["--copy-to", files / "quotas.yaml"]
        assert generate_rules.main([str(argument) for argument in [*arguments, *copy]]) == 0

    def helm(self, values: Values, *command: str) -> "subprocess.CompletedProcess[str]":
        """Run a command of helm with these values; ``CHART`` stands for the chart."""
        file = self.folder.parent / "values.yaml"
        file.write_text(yaml.safe_dump(dict(values)))
        arguments = [str(self.folder) if part == "CHART" else part for part in command]
        return subprocess.run(
            [find_helm(), *arguments, "--namespace", NAMESPACE, "--values", file, *CLUSTER],
            check=False,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
        )

    def render(self, values: Values) -> list[Object]:
        """Return the objects that helm would create."""
        done = self.helm(values, "template", RELEASE, "CHART")
        assert done.returncode == 0, done.stderr
        return [found for found in yaml.safe_load_all(done.stdout) if found]

    def refusal(self, values: Values) -> str:
        """Return helm's message for values that it must refuse."""
        done = self.helm(values, "template", RELEASE, "CHART")
        assert done.returncode != 0, done.stdout
        return done.stderr


def copy_chart(folder: Path) -> Chart:
    """Return a copy of the chart in a folder."""
    shutil.copytree(CHART, folder / "chart")
    return Chart(folder / "chart")


def find(objects: Sequence[Object], kind: str, name: str = "") -> Object:
    """Return the only object of a kind, or that whose name ends so."""
    (found,) = (
        each for each in objects if each["kind"] == kind and each["metadata"]["name"].endswith(name)
    )
    return found


def find_mistakes(objects: Sequence[Object]) -> str:
    """Return what the schemas of Kubernetes and of the Prometheus Operator find wrong."""
    done = subprocess.run(
        [sys.executable, Path(__file__).with_name("validate_objects.py")],
        input=json.dumps(objects),
        env={**os.environ, "PYTHONPATH": str(SCHEMAS)},
        check=False,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
