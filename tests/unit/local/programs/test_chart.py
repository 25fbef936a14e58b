"""What the tests of the Helm chart need: where helm is looked for, and how it is built."""

from pathlib import Path

import pytest

from local.programs import chart, finding
from local.programs.chart import HELM, build_helm, find_helm, main
from local.programs.finding import ProgramMissingError


@pytest.fixture(autouse=True)
def empty_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide all programs of this machine but those of the shell."""
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.delenv(HELM.variable, raising=False)
    for module in (finding, chart):
        monkeypatch.setattr(module, "TOOLS", tmp_path / "tools")
    monkeypatch.setattr(chart, "SCHEMAS", tmp_path / "schemas")


def executable(path: Path, content: str = "#!/bin/sh\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    path.chmod(0o755)
    return path


def test_helm_is_looked_for_on_the_path_and_among_what_was_built(tmp_path: Path) -> None:
    built = executable(tmp_path / "tools" / "bin" / "helm")
    assert find_helm() == built
    on_path = executable(tmp_path / "path" / "helm")
    assert find_helm() == on_path


def test_without_helm_and_go_the_message_says_what_to_install(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main() == 1
    assert capsys.readouterr().err == (
        "helm is not on the PATH. Install Helm 3, install Go and run `make test-chart`, or name "
        "the program with HELM_BIN=/path/to/helm\n"
    )


def test_a_variable_that_names_no_program_is_an_error_even_with_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    executable(tmp_path / "path" / "go")
    monkeypatch.setenv(HELM.variable, "/nowhere/helm")
    with pytest.raises(ProgramMissingError, match="HELM_BIN=/nowhere/helm is not an executable"):
        find_helm()
    assert main() == 1


def test_helm_is_built_with_go_into_the_folder_of_tools(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "schemas").mkdir()
    (tmp_path / "tools" / "bin").mkdir(parents=True)
    script = '#!/bin/sh\necho "#!/bin/sh" > "$GOBIN/helm"\n/bin/chmod +x "$GOBIN/helm"\n'
    executable(tmp_path / "path" / "go", script)
    assert main() == 0
    assert f"helm         {tmp_path / 'tools' / 'bin' / 'helm'}" in capsys.readouterr().out


def test_a_download_that_fails_is_tried_again(tmp_path: Path) -> None:
    script = (
        f'#!/bin/sh\necho x >> {tmp_path}/tries\n[ "$(/usr/bin/wc -l < {tmp_path}/tries)" = 3 ]\n'
    )
    executable(tmp_path / "path" / "go", script)
    build_helm()
    assert (tmp_path / "tries").read_text() == "x\n" * 3


def test_a_build_that_fails_is_reported_with_its_output(tmp_path: Path) -> None:
    executable(tmp_path / "path" / "go", "#!/bin/sh\necho no network >&2\nexit 1\n")
    with pytest.raises(ProgramMissingError, match=r"go install .* failed: no network"):
        build_helm()
