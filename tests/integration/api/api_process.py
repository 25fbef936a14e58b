"""The API as a process of its own: under gunicorn, with the settings of production."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.stack.ports import free_ports
from tests.integration.support.polling import poll
from tests.integration.support.webhook_app import ROOT
from tests.integration.support.webhook_process import answers, process, url_of

SETTINGS = ROOT / "api" / "gunicorn_settings.py"


@contextmanager
def api(log: Path, prometheus: str, **environ: str) -> Iterator[str]:
    """Run the API in front of a Prometheus. Give its address."""
    [port] = free_ports(1)
    command = [
        *(sys.executable, "-m", "gunicorn", f"--config={SETTINGS}"),
        *(f"--bind=127.0.0.1:{port}", "api:create_app()"),
    ]
    variables = {"PROMETHEUS_URL": prometheus, "PYTHONPATH": str(ROOT), **environ}
    with process(log, *command, **variables):
        poll(lambda: answers(f"{url_of(port)}/healthz"), "the API does not start")
        yield url_of(port)
