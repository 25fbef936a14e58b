"""Somebody's own Kong, Prometheus and Alertmanager, which docs/existing.md is applied to."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from local import programs
from local.stack.config import ROOT, write_yaml
from local.stack.ports import HOST, Ports
from local.stack.processes import Part, Processes
from tests.integration.docs.page import Block

NODE_ID = "0e4ef9b1-5c0a-4a3d-8a64-0b1c8a2c9b1e"
# The addresses of the page, by the names of ports.
PORTS = {
    "proxy": 9000,
    "status": 8100,
    "prometheus": 9090,
    "alertmanager": 9093,
    "webhook": 8080,
    "api": 8000,
    "smtp": 25,
}
# Lists that are searched from the front.
_IN_FRONT = ("routes",)
PACKAGES = ("quotas", "webhook", "api", "problem_json", "serving")


def merge(theirs: Any, block: Any, key: str = "") -> Any:
    """Return a configuration with what a block of the page adds to it."""
    if isinstance(theirs, dict) and isinstance(block, dict):
        added = {name: merge(theirs.get(name), value, name) for name, value in block.items()}
        return {**theirs, **added}
    if isinstance(theirs, list) and isinstance(block, list):
        return block + theirs if key in _IN_FRONT else theirs + block
    return block


@dataclass
class Existing:
    """The folder and the processes. Kong is restarted by the reader, so it is not running yet."""

    folder: Path
    ports: Ports
    processes: Processes
    kong_variables: dict[str, str] = field(default_factory=dict)

    def localise(self, text: str) -> str:
        """Return a text of the page with the paths and ports of this machine."""
        for path in ("/etc/kong", "/etc/prometheus", "/etc/alertmanager"):
            text = text.replace(path, str(self.folder / path.rpartition("/")[2]))
        for path in ("/opt/gateway-quotas", "/var/lib/gateway-quotas"):
            text = text.replace(path, str(self.folder / path.split("/")[1]))
        for name, port in PORTS.items():
            text = text.replace(f"127.0.0.1:{port}", f"{HOST}:{getattr(self.ports, name)}")
        return text.replace("MAIL_PORT=25\n", f"MAIL_PORT={self.ports.smtp}\n")

    def apply(self, block: Block) -> None:
        """Do what a block says that is no console."""
        if block.language == "yaml":
            file = Path(block.target)
            theirs = yaml.safe_load(file.read_text()) if file.exists() else {}
            write_yaml(file, merge(theirs, yaml.safe_load(block.text)))
        elif block.target == "the environment of Kong":
            self._restart_kong(block.text)
        else:
            Path(block.target).write_text(block.text)

    def prepare(self) -> None:
        """Write the configuration that is there before the page is applied."""
        for name in ("kong", "prometheus", "alertmanager", "opt", "var", "bin"):
            (self.folder / name).mkdir(parents=True)
        kong = yaml.safe_load((ROOT / "kong" / "kong.yml").read_text())
        write_yaml(self.folder / "kong" / "kong.yml", kong | {"plugins": []})
        write_yaml(self.folder / "prometheus" / "prometheus.yml", _their_prometheus(self.ports))
        write_yaml(self.folder / "alertmanager" / "alertmanager.yml", _THEIR_ALERTMANAGER)
        for package in PACKAGES:
            (self.folder / "opt" / package).symlink_to(ROOT / package)
        (self.folder / "opt" / ".venv").symlink_to(sys.prefix)
        shutil.copy(ROOT / "generate_rules.py", self.folder / "opt")
        for program in (programs.PROMTOOL, programs.AMTOOL):
            (self.folder / "bin" / program.names[0]).symlink_to(programs.find(program))

    @property
    def shell_variables(self) -> Mapping[str, str]:
        """Return the variables of the reader's shell: with promtool and amtool on the PATH."""
        return {"PATH": f"{self.folder / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}"}

    def _restart_kong(self, settings: str) -> None:
        """Start the mock of Kong with settings of the page."""
        script = f"uuidgen() {{ echo {NODE_ID}; }}\n{settings}\nenv -0"
        printed = subprocess.run(
            ["/bin/bash", "-c", script], capture_output=True, check=True, text=True, env={}
        ).stdout
        variables = dict(line.split("=", 1) for line in printed.split("\0") if "=" in line)
        dictionary, size = variables["KONG_NGINX_HTTP_LUA_SHARED_DICT"].split()
        assert dictionary == "prometheus_metrics"
        assert variables["KONG_STATUS_LISTEN"].endswith(f":{PORTS['status']}")
        command = [
            *(sys.executable, "-m", "kong.mock", "--host", HOST),
            *("--config", str(self.folder / "kong" / "kong.yml")),
            *("--proxy-port", str(self.ports.proxy), "--status-port", str(self.ports.status)),
            *("--dictionary-size", size, "--node-id", variables["KONG_NODE_ID"]),
        ]
        listens = (self.ports.proxy, self.ports.status)
        self.processes.start(Part("kong", command, listens, f"{self.ports.url('status')}/status"))


@contextmanager
def existing(folder: Path) -> Iterator[Existing]:
    """Run somebody's Prometheus, Alertmanager and mail server."""
    ports = Ports.free()
    with (folder / "log").open("w") as log:
        processes = Processes(log)
        run = Existing(folder / "machine", ports, processes)
        run.prepare()
        try:
            for part in _parts(run):
                processes.start(part)
            yield run
        finally:
            processes.stop_all()


def _parts(run: Existing) -> Iterator[Part]:
    ports = run.ports
    mail = ("--smtp-port", str(ports.smtp), "--page-port", str(ports.mails))
    yield Part(
        "mails",
        [sys.executable, "-m", "local.sink", "--host", HOST, *mail],
        (ports.smtp, ports.mails),
        f"{ports.url('mails')}/api/mails",
    )
    yield Part(
        "alertmanager",
        [
            str(programs.find(programs.ALERTMANAGER)),
            f"--config.file={run.folder / 'alertmanager' / 'alertmanager.yml'}",
            f"--storage.path={run.folder / 'alertmanager' / 'data'}",
            f"--web.listen-address={HOST}:{ports.alertmanager}",
            "--cluster.listen-address=",
        ],
        (ports.alertmanager,),
        f"{ports.url('alertmanager')}/-/ready",
    )
    yield Part(
        "prometheus",
        [
            str(programs.find(programs.PROMETHEUS)),
            f"--config.file={run.folder / 'prometheus' / 'prometheus.yml'}",
            f"--storage.tsdb.path={run.folder / 'prometheus' / 'data'}",
            "--storage.tsdb.retention.time=45d",
            f"--web.listen-address={HOST}:{ports.prometheus}",
            "--web.enable-lifecycle",
        ],
        (ports.prometheus,),
        f"{ports.url('prometheus')}/-/ready",
    )


def _their_prometheus(ports: Ports) -> dict[str, Any]:
    itself = {"targets": [f"{HOST}:{ports.prometheus}"]}
    alertmanager = {"targets": [f"{HOST}:{ports.alertmanager}"]}
    return {
        "global": {"scrape_interval": "1m", "evaluation_interval": "1m"},
        "alerting": {"alertmanagers": [{"static_configs": [alertmanager]}]},
        "rule_files": ["own-rules/*.yml"],
        "scrape_configs": [{"job_name": "prometheus", "static_configs": [itself]}],
    }


# With a route that takes everything, and the inhibit rule of Alertmanager's own example.
_THEIR_ALERTMANAGER = {
    "route": {
        "receiver": "team",
        "group_by": ["alertname"],
        "routes": [{"receiver": "team", "matchers": ['severity =~ ".*"']}],
    },
    "receivers": [{"name": "team"}],
    "inhibit_rules": [
        {
            "source_matchers": ['severity = "critical"'],
            "target_matchers": ['severity = "warning"'],
            "equal": ["alertname", "dev", "instance"],
        }
    ],
}
