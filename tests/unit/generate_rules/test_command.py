"""The command itself: its arguments, its help and its exit status."""

import runpy
import subprocess
import sys
from pathlib import Path

import pytest

import generate_rules
from tests.unit.generate_rules.command import ROOT, URL, run


@pytest.mark.parametrize(
    "arguments",
    [
        ["--quotas"],
        ["file.yaml"],
        ["--nonsense"],
        ["--format", "json"],
        ["--check", "--stdout"],
        ["--check", "--reload", URL],
        ["--stdout", "--reload", URL],
        ["--format", "kubernetes", "--reload", URL],
        ["--verify"],
        ["--verify", "localhost:9090"],
        ["--test-mail"],
        ["--to", "me@example.com"],
        ["--reload"],
        ["--reload", "localhost:9090"],
        ["--push"],
        ["--push", "localhost:9090"],
        ["--check", "--push", URL],
        ["--stdout", "--push", URL],
        ["--format", "kubernetes", "--push", URL],
        ["--reload", URL, "--push", URL],
        ["--rules-url", URL],
        ["--alertmanager-url", URL],
        ["--reload", URL, "--rules-url", URL],
        ["--engine", "mimir"],
        ["--verify", URL, "--engine", "influx"],
    ],
    ids=" ".join,
)
def test_wrong_arguments_end_with_status_2_and_write_nothing(
    arguments: list[str], quotas: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        run(quotas, out, *arguments)
    assert caught.value.code == 2
    assert "usage:" in capsys.readouterr().err
    assert not out.exists()


def test_the_help_has_examples_and_the_meaning_of_each_status(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as caught:
        generate_rules.main(["--help"])
    assert caught.value.code == 0
    text = capsys.readouterr().out
    options = (
        "--quotas",
        "--out",
        "--check",
        "--diff",
        "--reload",
        "--push",
        "--verify",
        "--rules-url",
        "--alertmanager-url",
        "--engine",
        "--test-mail",
        "--to",
        "--format",
        "--stdout",
        "--quiet",
    )
    assert all(option in text for option in (*options, "examples:", "exit status:"))


def test_the_script_runs_from_any_folder(quotas: Path, out: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "generate_rules.py", "--quotas", quotas, "--out", out],
        cwd=tmp_path,
        check=False,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert (done.returncode, done.stderr) == (0, "")
    # Paths below the working directory are printed without it.
    assert done.stdout.splitlines()[0] == "wrote rules/gateway-pipeline.yml"


def test_the_script_exits_with_the_status_of_the_command_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.argv", ["generate_rules.py", "--check"])
    with pytest.raises(SystemExit) as caught:
        runpy.run_path(str(ROOT / "generate_rules.py"), run_name="__main__")
    assert caught.value.code == 0
