from pathlib import Path

import pytest

from local.programs import alertmanager
from local.programs.alertmanager import make_startable


def executable(path: Path, content: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    path.chmod(0o755)
    return path


def test_an_alertmanager_that_would_not_find_its_templates_is_started_in_their_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # No machine has this folder. The length of the path is even, like that of the real one.
    monkeypatch.setattr(alertmanager, "_TEMPLATES", "/nowhere/to/be/found/123")
    content = "#!/bin/sh\n# /nowhere/to/be/found/123/default.tmpl\n"
    packaged = executable(tmp_path / "bin" / "alertmanager", content)
    start = make_startable(packaged, tmp_path)
    assert {path.name for path in start.parent.iterdir()} == {
        "default.tmpl",
        "email.tmpl",
        "alertmanager",
        "start",
    }
    copy = (start.parent / "alertmanager").read_text()
    assert "/nowhere" not in copy
    assert len(copy) == len(content)
    assert packaged.read_text() == content
    assert make_startable(packaged, tmp_path) == start


def test_an_alertmanager_that_needs_no_templates_is_started_itself(tmp_path: Path) -> None:
    packaged = executable(tmp_path / "bin" / "alertmanager", "#!/bin/sh\n")
    assert make_startable(packaged, tmp_path) == packaged
