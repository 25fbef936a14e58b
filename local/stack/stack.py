"""The parts of the whole system: with which commands and settings each one is started."""

import secrets
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from local import programs
from local.stack import config
from local.stack.ports import HOST, Ports
from local.stack.processes import Part, Processes, check_free
from quotas.file.loading import load_quotas
from quotas.rule_files.folder import write_files
from quotas.rule_files.rendering import render_files
from quotas.rules.compiler import compile_rules

_NODE_ID = "3d1c9a6e-58f2-4b7d-8e10-2a94c7f6b035"
SMOKE_QUOTAS = config.ROOT / "local" / "smoke_quotas.yaml"


@dataclass(frozen=True)
class Stack:
    """A stack to run.

    It listens on ``ports`` and keeps its configuration and data in ``folder``. The gateway has the
    ``/metrics`` of the version ``kong``.
    """

    ports: Ports
    folder: Path
    quotas: Path = SMOKE_QUOTAS
    kong: str = "3.9"

    def prepare(self) -> None:
        """Write the rules, the configuration files and a new webhook token into the folder.

        Raises:
            quotas.file.loading.QuotasError: the quotas file is invalid.

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
        """Return all parts in the order in which they are started."""
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
        """Replace the folder with a new one and start all parts, one after the other.

        Raises:
            local.stack.processes.StackError: a port is in use (the folder is then left as it was),
                or a part does not start.

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
                # As KONG_NODE_ID in docker-compose.yml: a restart must not make another node.
                *("--node-id", _NODE_ID),
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
            "PROMETHEUS_URL": self.ports.url("prometheus"),
            "LINK_DASHBOARD_URL": self.ports.url("api"),
            # Debian builds both programs without their web pages.
            "LINK_PROMETHEUS_URL": "none",
            "LINK_ALERTMANAGER_URL": "none",
            "MAIL_SERVER": HOST,
            "MAIL_PORT": str(self.ports.smtp),
            "MAIL_DEFAULT_SENDER": "Gateway quotas <quotas@example.com>",
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
