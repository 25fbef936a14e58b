"""The command line: its exit status, what it prints, what it writes and what it leaves alone."""

import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import responses
import yaml

import generate_rules
from quotas.rules.rulefile import MARK

ROOT = Path(generate_rules.__file__).parent

GOOD = """\
version: 1
defaults: {notify: [ops@example.com]}
quotas:
  - {name: monthly, service: bun-service, limit: 1 GB}
"""
URL = "http://prometheus:9090"
DAILY = GOOD + "  - {name: daily, period: day, limit: 1 MB}\n"


@pytest.fixture
def quotas(tmp_path: Path) -> Path:
    path = tmp_path / "quotas.yaml"
    path.write_text(GOOD)
    return path


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "rules"


def run(quotas: Path, out: Path, *more: str) -> int:
    return generate_rules.main(["--quotas", str(quotas), "--out", str(out), *more])


def written(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in out.iterdir()}


def test_the_rules_are_written_and_each_file_is_named(
    quotas: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(quotas, out) == 0
    names = sorted(written(out))
    assert names == [
        "gateway-accounting.yml",
        "gateway-pipeline.yml",
        "gateway-quota-alerts.yml",
        "gateway-quotas-month.yml",
    ]
    assert capsys.readouterr().out.splitlines() == [f"wrote {out / name}" for name in names]


def test_a_second_run_touches_nothing_and_says_so(
    quotas: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(quotas, out)
    capsys.readouterr()
    before = {path: path.stat().st_mtime_ns for path in out.iterdir()}
    assert run(quotas, out) == 0
    assert {path: path.stat().st_mtime_ns for path in out.iterdir()} == before
    assert capsys.readouterr() == (f"{out} is up to date\n", "")


def test_a_changed_quota_touches_only_the_file_of_its_calendar(quotas: Path, out: Path) -> None:
    run(quotas, out)
    before = {path.name: path.stat().st_mtime_ns for path in out.iterdir()}
    quotas.write_text(GOOD.replace("1 GB", "2 GB"))
    assert run(quotas, out) == 0
    after = {path.name: path.stat().st_mtime_ns for path in out.iterdir()}
    assert {name for name in after if after[name] != before[name]} == {"gateway-quotas-month.yml"}


def test_the_file_of_quotas_that_are_gone_is_removed(
    quotas: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    quotas.write_text(DAILY)
    run(quotas, out)
    quotas.write_text(GOOD)
    assert run(quotas, out) == 0
    assert not (out / "gateway-quotas-day.yml").exists()
    assert f"removed {out / 'gateway-quotas-day.yml'}" in capsys.readouterr().out


def test_files_that_were_not_generated_are_left_alone(quotas: Path, out: Path) -> None:
    out.mkdir()
    (out / "node.yml").write_text("groups: []\n")
    (out / "notes.txt").write_text(MARK)
    assert run(quotas, out) == 0
    assert (out / "node.yml").read_text() == "groups: []\n"
    assert (out / "notes.txt").exists()


def test_a_foreign_file_of_the_name_of_one_of_ours_is_told_and_kept(
    quotas: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    foreign = out / "gateway-pipeline.yml"
    out.mkdir()
    foreign.write_text("groups: []\n")
    assert run(quotas, out) == 1
    assert capsys.readouterr() == (
        "",
        f"{foreign}: was not generated and would be overwritten; move it away\n",
    )
    assert written(out) == {"gateway-pipeline.yml": b"groups: []\n"}


def test_wrong_quotas_are_told_and_nothing_is_written(
    quotas: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    quotas.write_text(GOOD.replace("1 GB", "1 GBs").replace("service", "servise"))
    assert run(quotas, out) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert [line.split(": ")[0] for line in printed.err.splitlines()] == [
        f"{quotas}:4:21",
        f"{quotas}:4:50",
    ]
    assert not out.exists()


def test_wrong_quotas_leave_the_rules_of_before_as_they_were(quotas: Path, out: Path) -> None:
    run(quotas, out)
    before = written(out)
    quotas.write_text("version: 1\nquotas: []\n")
    assert run(quotas, out) == 1
    assert written(out) == before


def test_quotas_that_are_not_there_are_told(
    tmp_path: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path / "none.yaml", out) == 1
    assert "none.yaml:1:1: cannot be read: No such file" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_is_told(
    quotas: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert run(quotas, tmp_path / "file" / "rules") == 1
    assert "Not a directory" in capsys.readouterr().err


def test_a_check_of_rules_that_are_up_to_date_says_nothing(
    quotas: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(quotas, out)
    capsys.readouterr()
    assert run(quotas, out, "--check") == 0
    assert capsys.readouterr() == ("", "")


def test_a_check_names_each_file_that_differs_and_writes_nothing(
    quotas: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(quotas, out)
    (out / "gateway-pipeline.yml").write_text(f"{MARK}\n# edited by hand\n")
    (out / "gateway-old.yml").write_text(f"{MARK}\n")
    (out / "gateway-accounting.yml").unlink()
    before = written(out)
    capsys.readouterr()
    assert run(quotas, out, "--check") == 1
    assert [line.split(": ")[0] for line in capsys.readouterr().err.splitlines()] == [
        str(out / f"gateway-{name}.yml") for name in ("accounting", "old", "pipeline")
    ]
    assert written(out) == before


def test_a_check_where_there_are_no_rules_makes_no_folder(quotas: Path, out: Path) -> None:
    assert run(quotas, out, "--check") == 1
    assert not out.exists()


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
        ["--reload"],
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


def test_the_rules_of_the_project_are_what_its_quotas_compile_to() -> None:
    assert generate_rules.main(["--check"]) == 0


def test_help_has_examples_and_what_each_status_means(capsys: pytest.CaptureFixture[str]) -> None:
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
        "--verify",
        "--format",
        "--stdout",
        "--quiet",
    )
    assert all(option in text for option in (*options, "examples:", "exit status:"))


def test_quietly_nothing_is_said_but_what_is_wrong(
    quotas: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(quotas, out, "-q") == 0
    assert run(quotas, out, "--quiet") == 0
    assert capsys.readouterr() == ("", "")
    assert "gateway-accounting.yml" in written(out)
    quotas.write_text("version: 2\n")
    assert run(quotas, out, "-q") == 1
    assert capsys.readouterr().err


def test_a_warning_is_told_and_the_rules_are_written(
    quotas: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    quotas.write_text(GOOD + "  - {name: same, service: bun-service, limit: 1 GB}\n")
    assert run(quotas, out, "-q") == 0
    assert capsys.readouterr().err == (
        f'{quotas}:5:5: quotas: "same" is the same as "monthly" at line 4 but for the name; '
        "keep one (a warning)\n"
    )
    assert "gateway-accounting.yml" in written(out)


def test_printed_rules_are_those_of_the_files_in_one_and_nothing_is_written(
    quotas: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(quotas, out, "--stdout") == 0
    printed = capsys.readouterr()
    assert not out.exists()
    assert printed.err == ""
    run(quotas, out, "-q")
    groups = [
        group
        for name in ("accounting", "quotas-month", "quota-alerts", "pipeline")
        for group in yaml.safe_load((out / f"gateway-{name}.yml").read_text())["groups"]
    ]
    assert yaml.safe_load(printed.out) == {"groups": groups}


def test_objects_of_kubernetes_hold_the_groups_that_the_rule_files_hold(
    quotas: Path, out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    quotas.write_text(
        DAILY + "  - {name: b, period: {calendar: day, timezone: America/New_York}, limit: 1 B}\n"
    )
    run(quotas, out)
    objects = tmp_path / "objects"
    assert run(quotas, objects, "--format", "kubernetes") == 0
    capsys.readouterr()
    assert sorted(written(objects)) == sorted(written(out))
    for path in objects.iterdir():
        resource: dict[str, Any] = yaml.safe_load(path.read_text())
        assert resource["apiVersion"] == "monitoring.coreos.com/v1"
        assert resource["kind"] == "PrometheusRule"
        assert resource["metadata"]["name"] == path.stem
        assert resource["spec"] == yaml.safe_load((out / path.name).read_text())
    assert run(quotas, objects, "--format", "kubernetes", "--check") == 0
    assert run(quotas, objects, "--check") == 1


def test_a_diff_tells_what_would_change_and_writes_nothing(
    quotas: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(quotas, out)
    before = written(out)
    quotas.write_text(DAILY.replace("1 GB", "2 TB"))
    capsys.readouterr()
    assert run(quotas, out, "--diff") == 0
    printed = capsys.readouterr().out
    assert printed.startswith(
        "quotas\n"
        "  + daily: limit 1 MB; period day; told at 80, 90, 100 %\n"
        "  ~ monthly: limit 1 GB → 2 TB\n\nrules\n"
    )
    assert "\033" not in printed
    assert written(out) == before


def test_a_diff_of_rules_that_are_up_to_date_says_so(
    quotas: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(quotas, out, "-q")
    assert run(quotas, out, "--diff") == 0
    assert capsys.readouterr().out.startswith("the rules would not change\n")


def test_a_diff_with_a_check_ends_as_the_check_does(quotas: Path, out: Path) -> None:
    assert run(quotas, out, "--diff", "--check") == 1
    run(quotas, out)
    assert run(quotas, out, "--diff", "--check") == 0


def test_a_diff_is_coloured_on_a_terminal_unless_colours_are_not_wanted(
    quotas: Path, out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.delenv("NO_COLOR", raising=False)
    run(quotas, out, "--diff")
    assert "\033[32m  + monthly" in capsys.readouterr().out
    monkeypatch.setenv("NO_COLOR", "1")
    run(quotas, out, "--diff")
    assert "\033" not in capsys.readouterr().out


@responses.activate
def test_a_reload_that_fails_is_told_and_the_rules_are_written(
    quotas: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    responses.post(f"{URL}/-/reload", status=500, body="no")
    assert run(quotas, out, "--reload", URL) == 1
    assert capsys.readouterr().err == f"{URL}/-/reload answered 500: no\n"
    assert "gateway-accounting.yml" in written(out)


@responses.activate
def test_a_verification_writes_nothing_and_ends_with_1_if_something_is_wrong(
    quotas: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    responses.get(f"{URL}/api/v1/status/runtimeinfo", json={"data": {"storageRetention": "45d"}})
    assert run(quotas, out, "--verify", URL) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("ok    retention is 45d")
    assert lines[1].startswith("wrong gateways: ")
    assert not out.exists()


@responses.activate
def test_quietly_a_verification_tells_only_what_is_wrong(
    quotas: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    responses.get(f"{URL}/api/v1/status/runtimeinfo", json={"data": {"storageRetention": "45d"}})
    assert run(quotas, out, "-q", "--verify", URL) == 1
    printed = capsys.readouterr().out
    assert "wrong gateways: " in printed
    assert "retention" not in printed


@responses.activate
def test_a_check_and_a_verification_are_both_done(
    quotas: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(quotas, out, "--check", "--verify", URL) == 1
    printed = capsys.readouterr()
    assert "wrong retention: " in printed.out
    assert "is not what the quotas compile to" in printed.err


def test_it_runs_by_its_name_from_anywhere(quotas: Path, out: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "generate_rules.py", "--quotas", quotas, "--out", out],
        cwd=tmp_path,
        check=False,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert (done.returncode, done.stderr) == (0, "")
    # What lies below here is named from here.
    assert done.stdout.splitlines()[0] == "wrote rules/gateway-accounting.yml"


def test_it_exits_with_the_status_of_the_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["generate_rules.py", "--check"])
    with pytest.raises(SystemExit) as caught:
        runpy.run_path(str(ROOT / "generate_rules.py"), run_name="__main__")
    assert caught.value.code == 0


def test_a_copy_of_the_quotas_is_put_where_it_is_wanted_once_the_rules_are_right(
    quotas: Path, out: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.yaml"
    assert run(quotas, out, "--check", "--copy-to", str(copy)) == 1
    assert not copy.exists()
    assert run(quotas, out, "--copy-to", str(copy)) == 0
    assert copy.read_text() == GOOD
    assert copy.stat().st_mode & 0o777 == 0o644
    quotas.write_text(DAILY)
    assert run(quotas, out, "--check", "--copy-to", str(copy)) == 1
    assert copy.read_text() == GOOD
    for looks in ("--diff", "--stdout"):
        assert run(quotas, out, looks, "--copy-to", str(copy)) == 0
    assert copy.read_text() == GOOD
    run(quotas, out)
    assert run(quotas, out, "--check", "--copy-to", str(copy)) == 0
    assert copy.read_text() == DAILY


def test_quotas_that_are_wrong_are_copied_nowhere(quotas: Path, out: Path, tmp_path: Path) -> None:
    quotas.write_text(GOOD.replace("1 GB", "1 GBs"))
    assert run(quotas, out, "--copy-to", str(tmp_path / "copy.yaml")) == 1
    assert not (tmp_path / "copy.yaml").exists()
