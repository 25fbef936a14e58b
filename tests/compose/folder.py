"""Make a folder to deploy from: files of production, small limits, short intervals, free ports."""

import shutil
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import yaml

from local.stack import config
from local.stack.ports import free_ports
from quotas.file.loading import load_quotas
from quotas.rule_files.folder import write_files
from quotas.rule_files.rendering import render_files
from quotas.rules.compiler import compile_rules
from tests.compose.engine import ROOT

QUOTAS = Path(__file__).parent / "quotas.yaml"
COMPOSE_FILES = ("docker-compose.yml", "docker-compose.override.yml", "docker-compose.mock.yml")
COPIED = (*COMPOSE_FILES, "kong/kong.yml", "local.env", "ha.env", "Makefile")
# Debian's Alertmanager reads its templates from here. The tests use none of them.
TEMPLATES = Path("/usr/share/prometheus/alertmanager")


@dataclass(frozen=True)
class Folder:
    """The folder of a deployment, the tag of its images, and its published ports."""

    path: Path
    tag: str
    proxy_port: int
    api_port: int
    mails_port: int

    @property
    def environment(self) -> dict[str, str]:
        """The variables for docker-compose.yml, which override those of local.env."""
        return {
            "TAG": self.tag,
            "PROXY_PORT": str(self.proxy_port),
            "API_PORT": str(self.api_port),
            "MAILS_PORT": str(self.mails_port),
            # In Swarm, all stacks of an engine share the names of secrets and configs.
            "CONFIG_VERSION": "under-test",
            "SCRAPE_INTERVAL_SECONDS": "1",
        }

    def write_quotas(self, text: str) -> None:
        """Replace quotas.yaml with a new file, as git and editors do."""
        new = self.path / "quotas.yaml.new"
        new.write_text(text, encoding="utf-8")
        new.rename(self.path / "quotas.yaml")

    def token(self) -> str:
        """Return the token for the API."""
        return (self.path / "secrets" / "api_token").read_text(encoding="utf-8").strip()

    def secrets(self) -> list[str]:
        """Return the contents of all secrets, except empty ones and the file of hashes."""
        files = [path for path in (self.path / "secrets").iterdir() if path.name != "api_tokens"]
        return [text for path in files if (text := path.read_text(encoding="utf-8").strip())]


def make_folder(path: Path, tag: str) -> Folder:
    """Write all files of a deployment, with new secrets, into an empty folder."""
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
    # The users of the containers must be able to read the folder.
    path.chmod(0o755)
    subprocess.run(["make", "secrets"], cwd=path, check=True, capture_output=True, timeout=60)  # noqa: S607
    return folder


def keep_logs(folder: Folder, text: str) -> Path:
    """Write the logs of a run into .run/ and return the file."""
    kept = ROOT / ".run"
    kept.mkdir(exist_ok=True)
    path = kept / f"{folder.path.name}.log"
    path.write_text(text, encoding="utf-8")
    return path


def _shorten(file: Path, path: Path, section: str, times: dict[str, str]) -> None:
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    content[section] |= times
    config.write_yaml(path / file.relative_to(ROOT), content)
