"""The API under gunicorn, with the settings of production, while clients are slow or silent."""

import sys
import time
from pathlib import Path

import requests

from bench.slow_clients import all_kinds, besieged
from local.stack.ports import free_ports
from serving.worker import REQUEST_SECONDS
from tests.integration.support.polling import poll
from tests.integration.support.webhook_app import QUOTAS, ROOT
from tests.integration.support.webhook_process import answers, process, url_of

PROMPT_SECONDS = 5


def test_slow_clients_of_all_kinds_keep_nobody_from_being_answered(tmp_path: Path) -> None:
    (tmp_path / "quotas.yaml").write_text(QUOTAS)
    port, nowhere = free_ports(2)
    environ = {
        "QUOTAS_FILE": str(tmp_path / "quotas.yaml"),
        "PROMETHEUS_URL": url_of(nowhere),
        "PYTHONPATH": str(ROOT),
    }
    command = [
        *(sys.executable, "-m", "gunicorn", "--config", str(ROOT / "api" / "gunicorn_settings.py")),
        *("--bind", f"127.0.0.1:{port}", "api:create_app()"),
    ]
    with process(tmp_path / "log", *command, **environ):
        poll(lambda: answers(f"{url_of(port)}/healthz"), "the API does not start")
        with besieged(all_kinds(port, "no-token")):
            end = time.monotonic() + REQUEST_SECONDS + PROMPT_SECONDS
            while time.monotonic() < end:
                for path, status in (("/healthz", 200), ("/", 200), ("/api/v1/quotas", 503)):
                    answer = requests.get(f"{url_of(port)}{path}", timeout=PROMPT_SECONDS)
                    assert answer.status_code == status
