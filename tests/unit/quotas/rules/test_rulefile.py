import stat
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from quotas.rules.rulefile import (
    MARK,
    Group,
    Rule,
    RuleFile,
    changed_files,
    read_generated,
    render,
    render_files,
    render_kubernetes,
    write_files,
)

OURS = f"{MARK}\ngroups: []\n"


def test_a_group_is_rendered_as_prometheus_reads_it() -> None:
    rule = Rule(
        name="Alert",
        query="a\nor\n  b",
        alert=True,
        comment="why\n\nand how",
        for_seconds=90,
        labels={"severity": "info"},
        annotations={"summary": "{{ $value }}"},
    )
    assert render(RuleFile("file", [Group("g", 60, [rule])])) == (
        f"{MARK}\n"
        "groups:\n"
        "  - name: g\n"
        "    interval: 1m\n"
        "    rules:\n"
        "      # why\n"
        "      #\n"
        "      # and how\n"
        "      - alert: Alert\n"
        "        expr: |-\n"
        "          a\n"
        "          or\n"
        "            b\n"
        "        for: 1m30s\n"
        "        labels:\n"
        '          severity: "info"\n'
        "        annotations:\n"
        '          summary: "{{ $value }}"\n'
    )


LINE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n"))


@given(LINE, LINE)
def test_any_text_is_read_back_as_it_was(label: str, value: str) -> None:
    # A label is one line; a query is several, each of which ends with no blank.
    query = f"x{value}.\ny"
    rule = Rule("r", query, labels={"a": label})
    (read,) = yaml.safe_load(render(RuleFile("file", [Group("g", 60, [rule])])))["groups"][0][
        "rules"
    ]
    assert read["labels"]["a"] == label
    assert read["expr"] == query


def test_several_groups_stand_one_after_the_other_below_a_note() -> None:
    file = RuleFile("f", [Group("g", 60, [Rule("a", "1")]), Group("h", 300, [])], note="Until 2040")
    text = render(file)
    assert text.startswith(f"{MARK}\n# Until 2040\ngroups:\n  - name: g\n    interval: 1m\n")
    assert "  - name: h\n    interval: 5m\n" in text


QUERY = st.lists(LINE.map(lambda line: f"x{line}."), min_size=1, max_size=4).map("\n".join)


@given(QUERY, LINE, st.sampled_from(["", "a note"]))
def test_an_object_of_kubernetes_holds_the_same_groups(query: str, label: str, note: str) -> None:
    rule = Rule("r", query, comment="why\n\nand how", labels={"a": label})
    file = RuleFile("gateway-a", [Group("g", 60, [rule]), Group("h", 5, [rule, rule])], note=note)
    read = yaml.safe_load(render_kubernetes(file))
    assert read == {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {
            "name": "gateway-a",
            "labels": {"app.kubernetes.io/name": "gateway-telemetry-bff"},
        },
        "spec": yaml.safe_load(render(file)),
    }


def test_each_file_is_rendered_under_its_name_in_the_form_asked_for() -> None:
    files = [RuleFile("a", []), RuleFile("b", [])]
    assert render_files(files) == {"a.yml": render(files[0]), "b.yml": render(files[1])}
    assert render_files(files, kubernetes=True) == {
        "a.yml": render_kubernetes(files[0]),
        "b.yml": render_kubernetes(files[1]),
    }
    assert all(text.startswith(MARK) for text in render_files(files, kubernetes=True).values())


def test_only_a_generated_file_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "a.yml"
    assert read_generated(path) == ""
    path.write_text("groups: []\n")
    assert read_generated(path) == ""
    path.write_text(OURS)
    assert read_generated(path) == OURS


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_files_are_written_into_a_folder_that_is_made(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "rules"
    assert write_files(folder, {"a.yml": OURS}) == [folder / "a.yml"]
    assert contents(folder) == {"a.yml": OURS}


def test_prometheus_may_read_what_is_written_though_it_runs_as_another_user(
    tmp_path: Path,
) -> None:
    write_files(tmp_path, {"a.yml": OURS})
    assert stat.S_IMODE((tmp_path / "a.yml").stat().st_mode) == 0o644


def test_an_equal_file_is_not_touched(tmp_path: Path) -> None:
    write_files(tmp_path, {"a.yml": OURS})
    before = (tmp_path / "a.yml").stat()
    assert write_files(tmp_path, {"a.yml": OURS}) == []
    after = (tmp_path / "a.yml").stat()
    assert (after.st_mtime_ns, after.st_ino) == (before.st_mtime_ns, before.st_ino)


def test_a_generated_file_that_is_no_longer_wanted_goes_and_a_foreign_one_stays(
    tmp_path: Path,
) -> None:
    (tmp_path / "old.yml").write_text(OURS)
    (tmp_path / "foreign.yml").write_text("groups: []\n")
    (tmp_path / "binary.yml").write_bytes(b"\xff\xfe")
    (tmp_path / "old.yaml.bak").write_text(OURS)
    assert write_files(tmp_path, {"a.yml": OURS}) == [tmp_path / "a.yml", tmp_path / "old.yml"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "a.yml",
        "binary.yml",
        "foreign.yml",
        "old.yaml.bak",
    ]


def test_a_folder_whose_name_ends_like_that_of_a_rule_file_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "more.yml").mkdir()
    assert write_files(tmp_path, {"a.yml": OURS}) == [tmp_path / "a.yml"]
    assert (tmp_path / "more.yml").is_dir()


def test_a_file_where_the_folder_should_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "rules").write_text("")
    with pytest.raises(NotADirectoryError, match="is not a folder"):
        write_files(tmp_path / "rules", {"a.yml": OURS})


def test_a_file_that_another_run_has_removed_meanwhile_is_gone_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = tmp_path / "old.yml"
    old.write_text(OURS)
    monkeypatch.setattr("quotas.rules.rulefile.replace_file", lambda *_: old.unlink())
    assert write_files(tmp_path, {"a.yml": OURS}) == [tmp_path / "a.yml", old]
    assert not old.exists()


def test_what_would_change_is_told_without_changing_it(tmp_path: Path) -> None:
    (tmp_path / "old.yml").write_text(OURS)
    (tmp_path / "a.yml").write_text(f"{OURS}# edited\n")
    before = contents(tmp_path)
    wanted = {"a.yml": OURS, "b.yml": OURS}
    assert changed_files(tmp_path, wanted) == [
        tmp_path / name for name in ("a.yml", "b.yml", "old.yml")
    ]
    assert contents(tmp_path) == before


def test_a_file_is_replaced_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = f"{MARK}\n# before\n"
    (tmp_path / "a.yml").write_text(before)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_files(tmp_path, {"a.yml": OURS})
    assert contents(tmp_path) == {"a.yml": before}


@pytest.mark.parametrize("content", [b"groups: []\n", b"", b"\xff\xfe"])
def test_a_foreign_file_of_the_same_name_is_never_overwritten(
    tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "b.yml").write_bytes(content)
    (tmp_path / "old.yml").write_text(OURS)
    with pytest.raises(FileExistsError, match="was not generated and would be overwritten"):
        write_files(tmp_path, {"a.yml": OURS, "b.yml": OURS})
    # Nothing else was written or removed either.
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        "b.yml": content,
        "old.yml": OURS.encode(),
    }
