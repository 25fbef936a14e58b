"""Where a program is looked for, and what is said where it is not."""

from pathlib import Path

import pytest

from local import programs
from local.programs import Program, ProgramMissingError, find

TOOL = Program("TOOL_BIN", ("debian-tool", "tool"))


@pytest.fixture(autouse=True)
def empty_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let there be no program at all, and no variable that names one."""
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.setattr(programs, "TOOLS", tmp_path / "tools")
    for program in (*programs.ALL, TOOL):
        monkeypatch.delenv(program.variable, raising=False)


def executable(path: Path, content: str = "#!/bin/sh\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    path.chmod(0o755)
    return path


def test_a_variable_that_names_a_missing_file_is_told_even_where_the_path_has_one(
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


def test_a_variable_that_names_a_file_that_cannot_be_run_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "tool"
    path.write_text("no program")
    monkeypatch.setenv("TOOL_BIN", str(path))
    with pytest.raises(ProgramMissingError, match="is not an executable file"):
        find(TOOL)


def test_the_variable_wins_then_the_path_then_what_was_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched = executable(tmp_path / "tools" / "bin" / "tool")
    assert find(TOOL) == fetched
    on_path = executable(tmp_path / "path" / "tool")
    assert find(TOOL) == on_path
    named = executable(tmp_path / "elsewhere" / "any-name")
    monkeypatch.setenv("TOOL_BIN", str(named))
    assert find(TOOL) == named


def test_an_empty_variable_names_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    on_path = executable(tmp_path / "path" / "tool")
    monkeypatch.setenv("TOOL_BIN", "")
    assert find(TOOL) == on_path


def test_the_first_of_its_names_wins(tmp_path: Path) -> None:
    executable(tmp_path / "path" / "tool")
    first = executable(tmp_path / "path" / "debian-tool")
    assert find(TOOL) == first


def test_a_program_that_is_nowhere_is_told_with_what_to_install_and_how_to_name_it() -> None:
    with pytest.raises(ProgramMissingError) as caught:
        find(programs.ALERTMANAGER)
    message = str(caught.value)
    assert message.startswith("prometheus-alertmanager is not on the PATH. Install Prometheus (")
    assert message.endswith("with ALERTMANAGER_BIN=/path/to/alertmanager")


def test_each_program_that_is_missing_is_told(tmp_path: Path) -> None:
    executable(tmp_path / "path" / "promtool")
    missing = [str(error).split(" ", 1)[0] for error in programs.missing()]
    assert missing == ["prometheus", "prometheus-alertmanager", "amtool"]


def test_an_alertmanager_that_would_not_find_its_templates_is_started_from_where_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nothing has this path, of whatever length.
    monkeypatch.setattr(programs, "_DEBIAN_TEMPLATES", "/nowhere/to/be/found/12")
    content = "#!/bin/sh\n# /nowhere/to/be/found/12/default.tmpl\n"
    packaged = executable(tmp_path / "tools" / "bin" / "alertmanager", content)
    start = find(programs.ALERTMANAGER)
    assert {path.name for path in start.parent.iterdir()} == {
        "default.tmpl",
        "email.tmpl",
        "alertmanager",
        "start",
    }
    copy = (start.parent / "alertmanager").read_text()
    assert "/nowhere" not in copy
    assert len(copy) in (len(content), len(content) - 1)
    assert packaged.read_text() == content
    assert find(programs.ALERTMANAGER) == start


def test_an_alertmanager_that_needs_no_such_templates_is_started_itself(tmp_path: Path) -> None:
    packaged = executable(tmp_path / "tools" / "bin" / "alertmanager")
    assert find(programs.ALERTMANAGER) == packaged
