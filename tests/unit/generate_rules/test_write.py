"""Without further options, the rules are written."""

from pathlib import Path

import pytest
import yaml

from quotas.rule_files.rendering import GENERATED_MARK
from tests.unit.generate_rules.command import MONTHLY, contents, run


def test_the_rules_are_written_and_each_file_is_printed(
    quotas: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(quotas, out) == 0
    names = sorted(contents(out))
    assert names == ["gateway-pipeline.yml", "gateway-quotas.yml"]
    assert capsys.readouterr().out.splitlines() == [f"wrote {out / name}" for name in names]


def test_a_second_run_changes_nothing_and_says_so(
    quotas: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(quotas, out)
    capsys.readouterr()
    before = {path: path.stat().st_mtime_ns for path in out.iterdir()}
    assert run(quotas, out) == 0
    assert {path: path.stat().st_mtime_ns for path in out.iterdir()} == before
    assert capsys.readouterr() == (f"{out} is up to date\n", "")


def test_a_changed_quota_changes_only_the_file_of_quotas(quotas: Path, out: Path) -> None:
    run(quotas, out)
    before = {path.name: path.stat().st_mtime_ns for path in out.iterdir()}
    quotas.write_text(MONTHLY.replace("1 GB", "2 GB"))
    assert run(quotas, out) == 0
    after = {path.name: path.stat().st_mtime_ns for path in out.iterdir()}
    assert {name for name in after if after[name] != before[name]} == {"gateway-quotas.yml"}


def test_the_file_of_removed_quotas_is_removed(
    quotas: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    quotas.write_text(MONTHLY.replace("limit:", "period: {rolling: 1h}, limit:"))
    run(quotas, out)
    quotas.write_text(MONTHLY)
    assert run(quotas, out) == 0
    assert not (out / "gateway-quotas-rolling-1h.yml").exists()
    assert f"removed {out / 'gateway-quotas-rolling-1h.yml'}" in capsys.readouterr().out


def test_files_that_were_not_generated_are_left_alone(quotas: Path, out: Path) -> None:
    out.mkdir()
    (out / "node.yml").write_text("groups: []\n")
    (out / "notes.txt").write_text(GENERATED_MARK)
    assert run(quotas, out) == 0
    assert (out / "node.yml").read_text() == "groups: []\n"
    assert (out / "notes.txt").exists()


def test_a_file_that_was_not_generated_is_reported_and_kept(
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
    assert contents(out) == {"gateway-pipeline.yml": b"groups: []\n"}


def test_wrong_quotas_are_reported_and_nothing_is_written(
    quotas: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    quotas.write_text(MONTHLY.replace("1 GB", "1 GBs").replace("service", "servise"))
    assert run(quotas, out) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert [line.split(": ")[0] for line in printed.err.splitlines()] == [
        f"{quotas}:4:21",
        f"{quotas}:4:50",
    ]
    assert not out.exists()


def test_wrong_quotas_leave_the_old_rules_unchanged(quotas: Path, out: Path) -> None:
    run(quotas, out)
    before = contents(out)
    quotas.write_text("version: 1\nquotas: []\n")
    assert run(quotas, out) == 1
    assert contents(out) == before


def test_a_missing_quotas_file_is_reported(
    tmp_path: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path / "none.yaml", out) == 1
    assert "none.yaml:1:1: cannot be read: No such file" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_is_reported(
    quotas: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert run(quotas, tmp_path / "file" / "rules") == 1
    assert "Not a directory" in capsys.readouterr().err


def test_quiet_prints_only_errors(
    quotas: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(quotas, out, "-q") == 0
    assert run(quotas, out, "--quiet") == 0
    assert capsys.readouterr() == ("", "")
    assert "gateway-quotas.yml" in contents(out)
    quotas.write_text("version: 2\n")
    assert run(quotas, out, "-q") == 1
    assert capsys.readouterr().err


def test_a_warning_is_printed_and_the_rules_are_written(
    quotas: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    quotas.write_text(MONTHLY + "  - {name: same, service: bun-service, limit: 1 GB}\n")
    assert run(quotas, out, "-q") == 0
    assert capsys.readouterr().err == (
        f'{quotas}:5:5: quotas: "same" is the same as "monthly" at line 4 but for the name; '
        "keep one (a warning)\n"
    )
    assert "gateway-quotas.yml" in contents(out)


def test_groups_are_split_for_rulers_that_limit_the_rules_of_a_group(
    quotas: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(quotas, out, "--group-size", "20") == 0
    groups = [group for text in contents(out).values() for group in yaml.safe_load(text)["groups"]]
    assert "gateway-quotas-part-2" in [group["name"] for group in groups]
    assert max(len(group["rules"]) for group in groups) <= 20
    assert run(quotas, out, "--check", "--group-size", "20") == 0
    assert run(quotas, out, "--check") == 1
    capsys.readouterr()
    assert run(quotas, out, "--group-size", "5") == 1
    error = capsys.readouterr().err
    assert error.startswith("the group gateway-quotas has 10 rules that must stay together")


@pytest.mark.parametrize("size", ["0", "-1", "+5", "x", "\u0665"])
def test_a_group_size_is_a_number_of_rules(
    quotas: Path, out: Path, size: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        run(quotas, out, f"--group-size={size}")
    assert "is not a number of rules; 1 or more" in capsys.readouterr().err
