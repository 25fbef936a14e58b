"""Gateways in doubtful states, and one Prometheus that scrapes them and evaluates the alerts."""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import requests
import yaml

from bench.support.http_server import QuietHandler, serving
from local.stack.config import PROMETHEUS_FILE
from quotas import names
from quotas.model import QuotaFile
from quotas.rule_files.folder import write_files
from quotas.rule_files.rendering import render_files
from quotas.rule_files.rule import Group, RuleFile
from quotas.rules.pipeline import pipeline_alerts
from tests.integration.support.prometheus import Server, free_port, with_config

TIMEOUT_SECONDS = 10.0

Metrics = Callable[[], str]


@dataclass(frozen=True)
class Targets:
    """Targets of the gateways' job.

    Attributes:
        addresses: host and port of each.
        labels: labels of these targets.
        changes: what differs from the scrape job in production's prometheus.yml.

    """

    addresses: Sequence[str]
    labels: Mapping[str, str] = field(default_factory=dict)
    changes: Mapping[str, Any] = field(default_factory=dict)


@contextmanager
def scraped(
    folder: Path, quotas: QuotaFile, targets: Sequence[Targets], *, watch_itself: bool = False
) -> Iterator[Server]:
    """Run a Prometheus that scrapes these targets every second, with alerts that do not wait."""
    port = free_port()
    write_files(folder / "rules", render_files(_impatient(quotas)))
    config = yaml.safe_load(PROMETHEUS_FILE.read_text(encoding="utf-8"))
    (gateways,) = (job for job in config["scrape_configs"] if job["job_name"] == names.GATEWAY_JOB)
    jobs = [
        gateways
        | {
            "job_name": f"{names.GATEWAY_JOB}-{number}" if number else names.GATEWAY_JOB,
            "static_configs": [
                {
                    "targets": list(some.addresses),
                    "labels": {"job": names.GATEWAY_JOB, **some.labels},
                }
            ],
        }
        | dict(some.changes)
        for number, some in enumerate(targets)
    ]
    if watch_itself:
        itself = {"targets": [f"127.0.0.1:{port}"]}
        jobs.append({"job_name": "prometheus", "static_configs": [itself]})
    with with_config(
        folder,
        {
            "global": {"scrape_interval": "1s", "scrape_timeout": "1s"},
            "rule_files": [str(folder / "rules" / "*.yml")],
            "scrape_configs": jobs,
        },
        port=port,
    ) as server:
        yield server


def _impatient(quotas: QuotaFile) -> list[RuleFile]:
    """Return the pipeline rules, with alerts that fire as soon as their query finds something."""
    alerts = pipeline_alerts(quotas.accounting, quotas.quotas)
    impatient = [replace(alert, for_seconds=0) for alert in alerts]
    return [RuleFile("gateway-pipeline", [Group("gateway-pipeline", 1, impatient)])]


@contextmanager
def exposing(metrics: Metrics) -> Iterator[str]:
    """Serve a text, which may differ at each scrape, as /metrics; yield host and port."""

    class Handler(QuietHandler):
        def answer(self, _: bytes) -> None:
            self.reply(metrics().encode(), "text/plain; charset=UTF-8")

    with serving(Handler) as address:
        yield address


@contextmanager
def load_balancer(*addresses: str) -> Iterator[str]:
    """Serve the /metrics of several gateways in turn; yield host and port."""
    turns = itertools.cycle(addresses)

    def metrics() -> str:
        answer = requests.get(f"http://{next(turns)}/metrics", timeout=TIMEOUT_SECONDS)
        answer.raise_for_status()
        return answer.text

    with exposing(metrics) as address:
        yield address
