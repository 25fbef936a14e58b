import json
import sys
from pathlib import Path

import pytest

from local import lockfile

ROOT = Path(__file__).resolve().parents[3]
INDEX = {"name": "own", "url": "https://pypi.example.com/simple", "verify_ssl": True}


def lock(*, index: bool) -> dict[str, dict[str, object]]:
    """Return the content of a lock file, with an index or without."""
    package = {"hashes": ["sha256:0"], "version": "==1.0"} | ({"index": "own"} if index else {})
    return {
        "_meta": {"hash": {"sha256": "0"}, "sources": [INDEX] if index else []},
        "default": {"flask": package},
        "develop": {"pytest": package, "ruff": {"version": "==2.0"}},
    }


def test_the_sources_and_the_index_of_each_package_are_removed() -> None:
    assert lockfile.strip_index(lock(index=True)) == lock(index=False)


def test_a_lock_without_an_index_does_not_change() -> None:
    assert lockfile.strip_index(lock(index=False)) == lock(index=False)


def test_the_file_is_rewritten_in_the_format_of_pipenv(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "Pipfile.lock"
    path.write_text(json.dumps(lock(index=True)))
    monkeypatch.setattr(sys, "argv", ["lockfile", str(path)])
    lockfile.main()
    assert path.read_text() == json.dumps(lock(index=False), indent=4, sort_keys=True) + "\n"


def test_the_lock_of_the_project_names_no_index() -> None:
    content = json.loads((ROOT / "Pipfile.lock").read_text(encoding="utf-8"))
    assert lockfile.strip_index(content) == content


def test_the_pipfile_of_the_project_names_no_index() -> None:
    assert "[[source]]" not in (ROOT / "Pipfile").read_text(encoding="utf-8")
