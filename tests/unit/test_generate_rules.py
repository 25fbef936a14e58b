"""The command line: its exit status, what it prints, what it writes and what it leaves alone."""

from pathlib import Path

import pytest

import generate_rules
from quotas.rulefile import MARK

GOOD = """\
version: 1
defaults: {notify: [ops@example.com]}
quotas:
  - {name: monthly, service: bun-service, limit: 1 GB}
"""
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


def test_a_second_run_touches_nothing_and_prints_nothing(
    quotas: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(quotas, out)
    capsys.readouterr()
    before = {path: path.stat().st_mtime_ns for path in out.iterdir()}
    assert run(quotas, out) == 0
    assert {path: path.stat().st_mtime_ns for path in out.iterdir()} == before
    assert capsys.readouterr().out == ""


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


@pytest.mark.parametrize("arguments", [["--quota"], ["--quotas"], ["file.yaml"], ["--nonsense"]])
def test_wrong_arguments_end_with_status_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        generate_rules.main(arguments)
    assert caught.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_the_rules_of_the_project_are_what_its_quotas_compile_to() -> None:
    assert generate_rules.main(["--check"]) == 0
