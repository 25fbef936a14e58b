import stat
from pathlib import Path

import pytest

from quotas.rule_files.folder import changed_files, read_generated, write_files
from quotas.rule_files.rendering import GENERATED_MARK

GENERATED = f"{GENERATED_MARK}\ngroups: []\n"


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_only_a_generated_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.yml"
    assert read_generated(path) == ""
    path.write_text("groups: []\n")
    assert read_generated(path) == ""
    path.write_text(GENERATED)
    assert read_generated(path) == GENERATED


def test_the_folder_is_created_if_necessary(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "rules"
    assert write_files(folder, {"a.yml": GENERATED}) == [folder / "a.yml"]
    assert contents(folder) == {"a.yml": GENERATED}


def test_written_files_are_readable_for_other_users(
    tmp_path: Path,
) -> None:
    write_files(tmp_path, {"a.yml": GENERATED})
    assert stat.S_IMODE((tmp_path / "a.yml").stat().st_mode) == 0o644


def test_a_file_with_the_right_content_is_not_touched(tmp_path: Path) -> None:
    write_files(tmp_path, {"a.yml": GENERATED})
    before = (tmp_path / "a.yml").stat()
    assert write_files(tmp_path, {"a.yml": GENERATED}) == []
    after = (tmp_path / "a.yml").stat()
    assert (after.st_mtime_ns, after.st_ino) == (before.st_mtime_ns, before.st_ino)


def test_an_unwanted_file_is_removed_only_if_it_was_generated(
    tmp_path: Path,
) -> None:
    (tmp_path / "old.yml").write_text(GENERATED)
    (tmp_path / "foreign.yml").write_text("groups: []\n")
    (tmp_path / "binary.yml").write_bytes(b"\xff\xfe")
    (tmp_path / "old.yaml.bak").write_text(GENERATED)
    assert write_files(tmp_path, {"a.yml": GENERATED}) == [tmp_path / "a.yml", tmp_path / "old.yml"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "a.yml",
        "binary.yml",
        "foreign.yml",
        "old.yaml.bak",
    ]


def test_a_folder_with_the_name_of_a_rule_file_is_ignored(tmp_path: Path) -> None:
    (tmp_path / "more.yml").mkdir()
    assert write_files(tmp_path, {"a.yml": GENERATED}) == [tmp_path / "a.yml"]
    assert (tmp_path / "more.yml").is_dir()


def test_a_file_in_place_of_the_folder_is_rejected(tmp_path: Path) -> None:
    (tmp_path / "rules").write_text("")
    with pytest.raises(NotADirectoryError, match="is not a folder"):
        write_files(tmp_path / "rules", {"a.yml": GENERATED})


def test_an_unwanted_file_may_already_have_been_removed_by_another_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = tmp_path / "old.yml"
    old.write_text(GENERATED)
    monkeypatch.setattr("quotas.rule_files.folder.replace_file", lambda *_: old.unlink())
    assert write_files(tmp_path, {"a.yml": GENERATED}) == [tmp_path / "a.yml", old]
    assert not old.exists()


def test_changed_files_are_listed_without_changing_them(tmp_path: Path) -> None:
    (tmp_path / "old.yml").write_text(GENERATED)
    (tmp_path / "a.yml").write_text(f"{GENERATED}# edited\n")
    before = contents(tmp_path)
    wanted = {"a.yml": GENERATED, "b.yml": GENERATED}
    assert changed_files(tmp_path, wanted) == [
        tmp_path / name for name in ("a.yml", "b.yml", "old.yml")
    ]
    assert contents(tmp_path) == before


def test_a_file_is_replaced_completely_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = f"{GENERATED_MARK}\n# before\n"
    (tmp_path / "a.yml").write_text(before)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_files(tmp_path, {"a.yml": GENERATED})
    assert contents(tmp_path) == {"a.yml": before}


@pytest.mark.parametrize("content", [b"groups: []\n", b"", b"\xff\xfe"])
def test_a_file_that_was_not_generated_is_never_overwritten(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "b.yml").write_bytes(content)
    (tmp_path / "old.yml").write_text(GENERATED)
    with pytest.raises(FileExistsError, match="was not generated and would be overwritten"):
        write_files(tmp_path, {"a.yml": GENERATED, "b.yml": GENERATED})
    # Nothing else was written or removed either.
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        "b.yml": content,
        "old.yml": GENERATED.encode(),
    }
