"""The webhook as a process of its own: under gunicorn, with the settings of production."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from tests.integration.support.polling import poll
from tests.integration.support.webhook_app import ROOT

TIMEOUT_SECONDS = 40
SETTINGS = ROOT / "webhook" / "gunicorn_settings.py"


@contextmanager
def process(log: Path, *command: str, **environ: str) -> "Iterator[subprocess.Popen[bytes]]":
    """Run a program inside the ``with`` block, with these variables. Its output goes to a log."""
    with (
        log.open("a") as output,
        subprocess.Popen(
            command, env={**os.environ, **environ}, stdout=output, stderr=output, cwd=log.parent
        ) as running_process,
    ):
        try:
            yield running_process
        finally:
            running_process.terminate()
            running_process.wait(TIMEOUT_SECONDS)


@contextmanager
def webhook(port: int, environ: dict[str, str], log: Path) -> Iterator[str]:
    """Run the webhook under gunicorn. Give its address."""
    with process(log, *gunicorn(port), **environ):
        poll(lambda: answers(f"{url_of(port)}/healthz"), log.read_text())
        yield url_of(port)


def gunicorn(port: int) -> list[str]:
    """Return the command that runs the webhook under gunicorn."""
    bind = f"--bind=127.0.0.1:{port}"
    return [sys.executable, "-m", "gunicorn", f"--config={SETTINGS}", bind, "webhook:create_app()"]


def url_of(port: int) -> str:
    """Return the address of the webhook."""
    return f"http://127.0.0.1:{port}"


def answers(url: str) -> bool:
    """Return whether a GET of this address succeeds."""
    try:
        return requests.get(url, timeout=TIMEOUT_SECONDS).ok
    except requests.ConnectionError:
        return False


def metric(url: str, name: str) -> float:
    """Return a value of the webhook's /metrics, or -1 if there is none of this name."""
    text = requests.get(f"{url}/metrics", timeout=TIMEOUT_SECONDS).text
    found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
    return float(found[1]) if found else -1
