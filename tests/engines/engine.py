"""An engine: what scrapes the gateways, stores series, and evaluates the rules."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from local.stack.ports import HOST, Ports
from local.stack.processes import Part
from quotas.names import GATEWAY_JOB


@dataclass(frozen=True)
class Site:
    """What an engine finds around it.

    Attributes:
        folder: for its files.
        gateways: the ports of the gateways.
        prometheus_file: the configuration of a Prometheus in the engine's place.
        quotas: the file with the quotas.
        rules: the folder with the rule files, as they were compiled without options.

    """

    folder: Path
    gateways: Sequence[Ports]
    prometheus_file: Path
    quotas: Path
    rules: Path

    @property
    def generate(self) -> list[str]:
        """Return the arguments of generate_rules.py that name these quotas and rules."""
        return ["--quiet", "--quotas", str(self.quotas), "--out", str(self.rules)]

    @property
    def alertmanager_url(self) -> list[str]:
        """Return the argument of generate_rules.py that names this Alertmanager."""
        return ["--alertmanager-url", f"http://{self.alertmanager}"]

    @property
    def alertmanager(self) -> str:
        """Return host and port of Alertmanager."""
        return f"{HOST}:{self.gateways[0].alertmanager}"

    def prometheus_config(self) -> dict[str, Any]:
        """Return the project's prometheus.yml, as the stack has it, with all gateways."""
        config: dict[str, Any] = yaml.safe_load(self.prometheus_file.read_text(encoding="utf-8"))
        kong = next(job for job in config["scrape_configs"] if job["job_name"] == GATEWAY_JOB)
        targets = [f"{HOST}:{ports.status}" for ports in self.gateways]
        kong["static_configs"] = [{"targets": targets}]
        return config


@dataclass(frozen=True)
class Engine:
    """A running engine.

    Attributes:
        parts: its processes, in the order in which they are started.
        query_url: where API and webhook send their queries.
        ruler_urls: for each ruler, where it lists its rules.
        restarts: the parts that a restart of the engine stops together and starts again.
        rule_options: the options of generate_rules.py with which it can read the rules.
        verify: the arguments with which generate_rules.py verifies it.
        push_rules: gives the rules to a ruler that reads no files.
        flush_url: an address that makes new series visible. An engine that shows them ten seconds
            late needs it asked often, since the accounting steps of the suite are shorter.

    """

    parts: Sequence[Part]
    query_url: str
    ruler_urls: Sequence[str]
    restarts: Sequence[str]
    rule_options: Sequence[str] = ()
    verify: Sequence[str] = ()
    push_rules: Callable[[], None] = lambda: None
    flush_url: str = ""
