"""Schemathesis asks whatever /openapi.json allows, and what it forbids."""

import subprocess
import sys
from pathlib import Path

import requests

from tests.contract.data import QUOTA

MOST_SECONDS = 60
TIMEOUT_SECONDS = 180
# That two parameters contradict each other, such as a start after the end, no schema can say.
LEFT_OUT = "positive_data_acceptance"


def test_every_answer_is_as_documented(url: str, tmp_path: Path) -> None:
    config = tmp_path / "schemathesis.toml"
    config.write_text(f'[parameters]\n"path.name" = "{QUOTA}"\n', encoding="utf-8")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", f"--config-file={config}"),
            *("run", f"{url}/openapi.json", "--checks=all", f"--exclude-checks={LEFT_OUT}"),
            *(f"--max-time={MOST_SECONDS}", "--seed=1", "--workers=2", "--no-color"),
        ],
        cwd=tmp_path,
        check=False,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
    )
    assert done.returncode == 0, done.stdout[-10_000:] + done.stderr[-2_000:]
    paths = requests.get(f"{url}/openapi.json", timeout=TIMEOUT_SECONDS).json()["paths"]
    assert f"Tested: {len(paths)}\n" in done.stdout
