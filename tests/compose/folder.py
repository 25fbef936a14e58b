"""A folder to deploy from: the files of production, with small limits, short times, free ports."""

import shutil
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import yaml

from local.stack import config
from local.stack.ports import free_ports
from quotas.file.loading import load_quotas
from quotas.rules.compiler import compile_rules
from quotas.rules.rulefile import render_files, write_files
from tests.compose.engine import ROOT

QUOTAS = Path(__file__).parent / "quotas.yaml"
COMPOSE_FILES = ("docker-compose.yml", "docker-compose.override.yml", "docker-compose.mock.yml")
COPIED = (*COMPOSE_FILES, "kong/kong.yml", "local.env", "ha.env", "Makefile")
# Debian's Alertmanager reads its templates from here, others have them inside. None is used.
TEMPLATES = Path("/usr/share/prometheus/alertmanager")


@dataclass(frozen=True)
class Folder:
    """Where the files are, and the ports that are published."""

    path: Path
    tag: str
    proxy_port: int
    api_port: int
    mails_port: int

    @property
    def environment(self) -> dict[str, str]:
        """Return the variables that docker-compose.yml is filled with, before local.env's."""
        return {
            "TAG": self.tag,
            "PROXY_PORT": str(self.proxy_port),
            "API_PORT": str(self.api_port),
            "MAILS_PORT": str(self.mails_port),
            # Secrets and configs of Swarm have names that all stacks of an engine share.
            "CONFIG_VERSION": "under-test",
            "SCRAPE_INTERVAL_SECONDS": "1",
        }

    def write_quotas(self, text: str) -> None:
        """Put another quotas.yaml in the place of the one that is there, as git and editors do."""
        new = self.path / "quotas.yaml.new"
        new.write_text(text, encoding="utf-8")
        new.rename(self.path / "quotas.yaml")

    def token(self) -> str:
        """Return the token for the API, which asks for it unless local.env says otherwise."""
        return (self.path / "secrets" / "api_token").read_text(encoding="utf-8").strip()

    def secrets(self) -> list[str]:
        """Return the content of each secret that is not empty."""
        files = [path for path in (self.path / "secrets").iterdir() if path.name != "api_tokens"]
        return [text for path in files if (text := path.read_text(encoding="utf-8").strip())]


def make_folder(path: Path, tag: str) -> Folder:
    """Fill a new folder, secrets included."""
    for name in COPIED:
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, path / name)
    folder = Folder(path, tag, *free_ports(3))
    folder.write_quotas(QUOTAS.read_text(encoding="utf-8"))
    rules = compile_rules(load_quotas(path / "quotas.yaml"), datetime.now(UTC))
    write_files(path / "rules", render_files(rules))
    for name in ("prometheus", "alertmanager", "templates"):
        (path / name).mkdir()
    _shorten(config.PROMETHEUS_FILE, path, "global", config.PROMETHEUS_TIMES)
    _shorten(config.ALERTMANAGER_FILE, path, "route", config.ALERTMANAGER_TIMES)
    for name in ("default.tmpl", "email.tmpl"):
        (path / "templates" / name).touch()
    mounted = {"volumes": [f"./templates:{TEMPLATES}:ro"]}
    config.write_yaml(path / "test.yml", {"services": {"alertmanager": mounted}})
    # Containers have users of their own.
    path.chmod(0o755)
    subprocess.run(["make", "secrets"], cwd=path, check=True, capture_output=True, timeout=60)  # noqa: S607
    return folder


def keep_logs(folder: Folder, text: str) -> Path:
    """Keep the logs of a run where they are found, and return where that is."""
    kept = ROOT / ".run"
    kept.mkdir(exist_ok=True)
    path = kept / f"{folder.path.name}.log"
    path.write_text(text, encoding="utf-8")
    return path


def _shorten(file: Path, path: Path, section: str, times: dict[str, str]) -> None:
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    content[section] |= times
    config.write_yaml(path / file.relative_to(ROOT), content)
