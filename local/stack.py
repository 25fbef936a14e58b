"""The whole system as local processes, from the files that production uses."""

import secrets
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from local import config, programs
from local.processes import Part, Processes, check_free, free_ports
from quotas.file.loading import load_quotas
from quotas.rule_files.folder import write_files
from quotas.rule_files.rendering import render_files
from quotas.rules.compiler import compile_rules

DEMO_QUOTAS = Path(__file__).resolve().parent / "quotas.yaml"
HOST = "127.0.0.1"


@dataclass(frozen=True)
class Ports:
    """Where each part listens; the defaults are those of production."""

    proxy: int = 9000
    status: int = 9001
    prometheus: int = 9090
    alertmanager: int = 9093
    webhook: int = 8080
    api: int = 8000
    smtp: int = 1025
    mails: int = 8025

    @classmethod
    def free(cls) -> "Ports":
        """Return ports that are free now."""
        return cls(*free_ports(len(cls.__dataclass_fields__)))

    def url(self, name: str) -> str:
        """Return the address of a part by the name of its port."""
        return f"http://{HOST}:{getattr(self, name)}"


@dataclass(frozen=True)
class Stack:
    """A stack to run: where it listens and keeps its state, its quotas, its version of Kong."""

    ports: Ports
    folder: Path
    quotas: Path = DEMO_QUOTAS
    kong: str = "3.9"

    def prepare(self) -> None:
        """Write the rules, the configuration and a token of its own into the folder.

        Raises:
            quotas.load.QuotasError: the quotas are wrong.

        """
        self.folder.mkdir(parents=True, exist_ok=True)
        rules = compile_rules(load_quotas(self.quotas), datetime.now(UTC))
        write_files(self.folder / "rules", render_files(rules))
        self._token_file.touch(mode=0o600)
        self._token_file.write_text(secrets.token_urlsafe(32), encoding="ascii")
        addresses = {
            "kong:8100": f"{HOST}:{self.ports.status}",
            "localhost:9090": f"{HOST}:{self.ports.prometheus}",
            "alertmanager:9093": f"{HOST}:{self.ports.alertmanager}",
            "webhook:8080": f"{HOST}:{self.ports.webhook}",
        }
        config.write_yaml(
            self.folder / "prometheus.yml",
            config.localise_prometheus(addresses, self.folder / "rules"),
        )
        config.write_yaml(
            self.folder / "alertmanager.yml",
            config.localise_alertmanager(addresses, self._token_file),
        )

    def parts(self) -> Sequence[Part]:
        """Return the parts in the order in which they start."""
        return (
            self._gateway(),
            self._mail_sink(),
            self._webhook(),
            self._delivery(),
            self._alertmanager(),
            self._prometheus(),
            self._api(),
        )

    def start(self, processes: Processes) -> None:
        """Start all parts in a new folder, each once the one before is ready.

        Raises:
            local.processes.StackError: ports are in use (the folder is left as it was), or a part
                does not start.

        """
        parts = self.parts()
        check_free(*parts)
        shutil.rmtree(self.folder, ignore_errors=True)
        self.prepare()
        for part in parts:
            processes.start(part)

    @property
    def _token_file(self) -> Path:
        return self.folder / "webhook_token"

    def _gateway(self) -> Part:
        return Part(
            "gateway",
            [
                *(sys.executable, "-m", "kong.mock", "--host", HOST, "--kong", self.kong),
                *("--proxy-port", str(self.ports.proxy)),
                *("--status-port", str(self.ports.status)),
            ],
            (self.ports.proxy, self.ports.status),
            f"{self.ports.url('status')}/status",
        )

    def _mail_sink(self) -> Part:
        return Part(
            "mails",
            [
                *(sys.executable, "-m", "local.sink", "--host", HOST),
                *("--smtp-port", str(self.ports.smtp), "--page-port", str(self.ports.mails)),
            ],
            (self.ports.smtp, self.ports.mails),
            f"{self.ports.url('mails')}/api/mails",
        )

    def _webhook(self) -> Part:
        return Part(
            "webhook",
            _gunicorn(self.ports.webhook, "webhook"),
            (self.ports.webhook,),
            f"{self.ports.url('webhook')}/healthz",
            self._webhook_settings(),
        )

    def _delivery(self) -> Part:
        return Part(
            "delivery",
            [sys.executable, "-m", "flask", "--app", "webhook", "deliver"],
            environment=self._webhook_settings(),
        )

    def _webhook_settings(self) -> dict[str, str]:
        return {
            "QUOTAS_FILE": str(self.quotas),
            "WEBHOOK_TOKEN_FILE": str(self._token_file),
            "DATABASE_URL": f"sqlite:///{self.folder / 'outbox.db'}",
            "LINK_DASHBOARD_URL": self.ports.url("api"),
            # Debian's packages have no pages that a link could open.
            "LINK_PROMETHEUS_URL": "none",
            "LINK_ALERTMANAGER_URL": "none",
            "MAIL_SERVER": HOST,
            "MAIL_PORT": str(self.ports.smtp),
            "MAIL_DEFAULT_SENDER": "Bandwidth quotas <quotas@example.com>",
        }

    def _alertmanager(self) -> Part:
        return Part(
            "alertmanager",
            [
                str(programs.find(programs.ALERTMANAGER)),
                f"--config.file={self.folder / 'alertmanager.yml'}",
                f"--storage.path={self.folder / 'alertmanager'}",
                f"--web.listen-address={HOST}:{self.ports.alertmanager}",
                f"--web.external-url={self.ports.url('alertmanager')}",
                "--cluster.listen-address=",
            ],
            (self.ports.alertmanager,),
            f"{self.ports.url('alertmanager')}/-/ready",
        )

    def _prometheus(self) -> Part:
        return Part(
            "prometheus",
            [
                str(programs.find(programs.PROMETHEUS)),
                f"--config.file={self.folder / 'prometheus.yml'}",
                f"--storage.tsdb.path={self.folder / 'prometheus'}",
                "--storage.tsdb.retention.time=45d",
                f"--web.listen-address={HOST}:{self.ports.prometheus}",
                f"--web.external-url={self.ports.url('prometheus')}",
                "--web.enable-lifecycle",
                "--log.level=warn",
            ],
            (self.ports.prometheus,),
            f"{self.ports.url('prometheus')}/-/ready",
        )

    def _api(self) -> Part:
        return Part(
            "api",
            _gunicorn(self.ports.api, "api"),
            (self.ports.api,),
            f"{self.ports.url('api')}/healthz",
            {
                "PROMETHEUS_URL": self.ports.url("prometheus"),
                "SCRAPE_INTERVAL_SECONDS": "1",
                "QUOTAS_FILE": str(self.quotas),
                "WEBHOOK_URL": self.ports.url("webhook"),
                "WEBHOOK_TOKEN_FILE": str(self._token_file),
            },
        )


def _gunicorn(port: int, package: str) -> list[str]:
    settings = config.ROOT / package / "gunicorn_settings.py"
    return [
        *(sys.executable, "-m", "gunicorn", "--config", str(settings)),
        *("--bind", f"{HOST}:{port}", "--log-level", "warning", f"{package}:create_app()"),
    ]
