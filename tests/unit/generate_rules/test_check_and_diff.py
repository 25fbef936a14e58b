"""The options that only show or compare: --check and --diff."""

from pathlib import Path

import pytest

import generate_rules
from quotas.rule_files.rendering import GENERATED_MARK
from tests.unit.generate_rules.command import MONTHLY_AND_DAILY, contents, run


def test_a_check_of_current_rules_prints_nothing(
    quotas: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(quotas, out)
    capsys.readouterr()
    assert run(quotas, out, "--check") == 0
    assert capsys.readouterr() == ("", "")


def test_a_check_reports_each_file_that_differs_and_writes_nothing(
    quotas: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(quotas, out)
    (out / "gateway-pipeline.yml").write_text(f"{GENERATED_MARK}\n# edited by hand\n")
    (out / "gateway-old.yml").write_text(f"{GENERATED_MARK}\n")
    (out / "gateway-quotas.yml").unlink()
    before = contents(out)
    capsys.readouterr()
    assert run(quotas, out, "--check") == 1
    assert [line.split(": ")[0] for line in capsys.readouterr().err.splitlines()] == [
        str(out / f"gateway-{name}.yml") for name in ("old", "pipeline", "quotas")
    ]
    assert contents(out) == before


def test_a_check_without_rules_creates_no_folder(quotas: Path, out: Path) -> None:
    assert run(quotas, out, "--check") == 1
    assert not out.exists()


def test_the_rules_of_the_project_are_current() -> None:
    assert generate_rules.main(["--check"]) == 0


def test_a_diff_shows_what_would_change_and_writes_nothing(
    quotas: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(quotas, out)
    before = contents(out)
    quotas.write_text(MONTHLY_AND_DAILY.replace("1 GB", "2 TB"))
    capsys.readouterr()
    assert run(quotas, out, "--diff") == 0
    printed = capsys.readouterr().out
    assert printed.startswith(
        "quotas\n"
        "  + daily: limit 1 MB; period day; told at 80, 90, 100 %\n"
        "  ~ monthly: limit 1 GB → 2 TB\n\nrules\n"
    )
    assert "\033" not in printed
    assert contents(out) == before


def test_a_diff_of_current_rules_says_so(
    quotas: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(quotas, out, "-q")
    assert run(quotas, out, "--diff") == 0
    assert capsys.readouterr().out.startswith("the rules would not change\n")


def test_a_diff_with_a_check_has_the_status_of_the_check(quotas: Path, out: Path) -> None:
    assert run(quotas, out, "--diff", "--check") == 1
    run(quotas, out)
    assert run(quotas, out, "--diff", "--check") == 0


def test_a_diff_is_coloured_on_a_terminal_unless_no_color_is_set(
    quotas: Path, out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.delenv("NO_COLOR", raising=False)
    run(quotas, out, "--diff")
    assert "\033[32m  + monthly" in capsys.readouterr().out
    monkeypatch.setenv("NO_COLOR", "1")
    run(quotas, out, "--diff")
    assert "\033" not in capsys.readouterr().out
