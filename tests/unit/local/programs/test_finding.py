"""Where a program is looked for, and what is reported when it is missing."""

from pathlib import Path

import pytest

from local.programs import finding
from local.programs.finding import (
    ALERTMANAGER,
    ALL,
    VICTORIA_METRICS,
    Program,
    ProgramMissingError,
    find,
    missing,
)

TOOL = Program("TOOL_BIN", ("debian-tool", "tool"))


@pytest.fixture(autouse=True)
def empty_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide all programs of this machine, and the variables that name them."""
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.setattr(finding, "TOOLS", tmp_path / "tools")
    for program in (*ALL, VICTORIA_METRICS, TOOL):
        monkeypatch.delenv(program.variable, raising=False)


def executable(path: Path, content: str = "#!/bin/sh\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    path.chmod(0o755)
    return path


def test_a_variable_that_names_a_missing_file_is_an_error_even_if_the_path_has_the_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    executable(tmp_path / "path" / "tool")
    monkeypatch.setenv("TOOL_BIN", "/nowhere/tool")
    with pytest.raises(ProgramMissingError) as caught:
        find(TOOL)
    assert str(caught.value) == (
        "TOOL_BIN=/nowhere/tool is not an executable file; "
        "correct it, or unset it to look on the PATH"
    )


def test_a_variable_that_names_a_file_that_is_not_executable_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "tool"
    path.write_text("no program")
    monkeypatch.setenv("TOOL_BIN", str(path))
    with pytest.raises(ProgramMissingError, match="is not an executable file"):
        find(TOOL)


def test_the_variable_is_used_first_then_the_path_then_what_was_downloaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched = executable(tmp_path / "tools" / "bin" / "tool")
    assert find(TOOL) == fetched
    on_path = executable(tmp_path / "path" / "tool")
    assert find(TOOL) == on_path
    named = executable(tmp_path / "elsewhere" / "any-name")
    monkeypatch.setenv("TOOL_BIN", str(named))
    assert find(TOOL) == named


def test_an_empty_variable_is_ignored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    on_path = executable(tmp_path / "path" / "tool")
    monkeypatch.setenv("TOOL_BIN", "")
    assert find(TOOL) == on_path


def test_the_first_name_of_a_program_is_preferred(tmp_path: Path) -> None:
    executable(tmp_path / "path" / "tool")
    first = executable(tmp_path / "path" / "debian-tool")
    assert find(TOOL) == first


def test_the_error_for_a_missing_program_says_what_to_install_and_how_to_name_it() -> None:
    with pytest.raises(ProgramMissingError) as caught:
        find(ALERTMANAGER)
    message = str(caught.value)
    assert message.startswith("prometheus-alertmanager is not on the PATH. Install Prometheus (")
    assert message.endswith("with ALERTMANAGER_BIN=/path/to/alertmanager")


def test_an_engine_is_found_like_other_programs_but_the_stack_does_not_need_it() -> None:
    with pytest.raises(ProgramMissingError, match="in Debian the package victoria-metrics, or nam"):
        find(VICTORIA_METRICS)
    assert VICTORIA_METRICS not in ALL


def test_there_is_one_error_for_each_missing_program(tmp_path: Path) -> None:
    executable(tmp_path / "path" / "promtool")
    names = [str(error).split(" ", 1)[0] for error in missing()]
    assert names == ["prometheus", "prometheus-alertmanager", "amtool"]


def test_alertmanager_is_made_startable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packaged = executable(tmp_path / "tools" / "bin" / "alertmanager")
    assert find(ALERTMANAGER) == packaged
    monkeypatch.setattr(finding, "make_startable", lambda program, tools: tools / program.name)
    assert find(ALERTMANAGER) == tmp_path / "tools" / "alertmanager"
