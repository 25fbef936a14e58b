"""Clients that are generated from /openapi.json compile, and the one in Python reads answers."""

import compileall
import importlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import requests

TIMEOUT_SECONDS = 240
NPM_PACKAGES = ("openapi-typescript@7.13.0", "typescript@5.9.3")
# A type that is used, so that it must be there.
USE = """\
import type { paths } from "./api";
type Answer = paths["/api/v1/bandwidth"]["get"]["responses"]["200"]["content"]["application/json"];
export const first = (answer: Answer): number => answer.series?.[0]?.total_bytes ?? 0;
"""


@pytest.fixture
def document(url: str, tmp_path: Path) -> Path:
    answer = requests.get(f"{url}/openapi.json", timeout=TIMEOUT_SECONDS)
    path = tmp_path / "openapi.json"
    path.write_bytes(answer.content)
    return path


def run(folder: Path, *command: str | Path) -> None:
    done = subprocess.run(
        command, cwd=folder, check=False, capture_output=True, text=True, timeout=TIMEOUT_SECONDS
    )
    assert done.returncode == 0, done.stdout + done.stderr


def call(client: ModuleType, url: str, module: str, **parameters: object) -> Any:
    endpoint = importlib.import_module(f"{client.__name__}.api.{module}")
    with client.Client(base_url=url) as connection:
        return endpoint.sync(client=connection, **parameters)


def test_a_client_in_python_compiles_and_reads_answers(
    url: str, document: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = (sys.executable, "-m", "openapi_python_client", "generate", "--meta=none")
    # The generator formats what it writes with ruff, which is installed next to this Python.
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
    name = "generated_client"
    run(tmp_path, *command, f"--path={document}", f"--output-path={name}", "--fail-on-warning")
    assert compileall.compile_dir(tmp_path / name, quiet=1)
    monkeypatch.syspath_prepend(str(tmp_path))
    client = importlib.import_module(name)
    chart = call(client, url, "bandwidth.show_bandwidth", lookback="30m", step="1m", percentile=95)
    assert chart.series[0].total_bytes > 0
    page = call(client, url, "quotas.list_quotas")
    assert page.quotas[0].used_bytes == 1e9
    wrong = call(client, url, "bandwidth.show_bandwidth", lookback="x")
    assert wrong.errors[0].parameter == "lookback"


def test_types_in_typescript_compile(document: Path, tmp_path: Path) -> None:
    npm = shutil.which("npm")
    assert npm is not None, "npm is not installed"
    quiet = ("--no-audit", "--no-fund", "--no-package-lock", "--no-save")
    run(tmp_path, npm, "install", *quiet, *NPM_PACKAGES)
    programs = tmp_path / "node_modules" / ".bin"
    run(tmp_path, programs / "openapi-typescript", document, "--output=api.d.ts")
    (tmp_path / "use.ts").write_text(USE, encoding="utf-8")
    run(tmp_path, programs / "tsc", "--noEmit", "--strict", "use.ts", "api.d.ts")
