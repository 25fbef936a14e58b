import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from quotas.rule_files.rendering import (
    GENERATED_MARK,
    render,
    render_files,
    render_kubernetes,
    render_stream,
)
from quotas.rule_files.rule import Group, Rule, RuleFile

LINE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n"))
QUERY = st.lists(LINE.map(lambda line: f"x{line}."), min_size=1, max_size=4).map("\n".join)


def test_a_group_is_rendered_in_the_notation_of_prometheus() -> None:
    rule = Rule(
        name="Alert",
        query="a\nor\n  b",
        alert=True,
        comment="why\n\nand how",
        for_seconds=90,
        keep_firing_seconds=900,
        labels={"severity": "info"},
        annotations={"summary": "{{ $value }}"},
    )
    assert render(RuleFile("file", [Group("g", 60, [rule])])) == (
        f"{GENERATED_MARK}\n"
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
        "        keep_firing_for: 15m\n"
        "        labels:\n"
        '          severity: "info"\n'
        "        annotations:\n"
        '          summary: "{{ $value }}"\n'
    )


@given(LINE, LINE)
def test_yaml_reads_any_text_back_unchanged(label: str, value: str) -> None:
    # A label is one line; a query is several, each of which ends with no blank.
    query = f"x{value}.\ny"
    rule = Rule("r", query, labels={"a": label})
    (read,) = yaml.safe_load(render(RuleFile("file", [Group("g", 60, [rule])])))["groups"][0][
        "rules"
    ]
    assert read["labels"]["a"] == label
    assert read["expr"] == query


def test_groups_follow_one_after_the_other_below_the_note() -> None:
    file = RuleFile("f", [Group("g", 60, [Rule("a", "1")]), Group("h", 300, [])], note="Until 2040")
    text = render(file)
    assert text.startswith(
        f"{GENERATED_MARK}\n# Until 2040\ngroups:\n  - name: g\n    interval: 1m\n"
    )
    assert "  - name: h\n    interval: 5m\n" in text


@given(QUERY, LINE, st.sampled_from(["", "a note"]))
def test_a_kubernetes_object_contains_the_same_groups(query: str, label: str, note: str) -> None:
    rule = Rule("r", query, comment="why\n\nand how", labels={"a": label})
    file = RuleFile("gateway-a", [Group("g", 60, [rule]), Group("h", 5, [rule, rule])], note=note)
    read = yaml.safe_load(render_kubernetes(file))
    assert read == {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {
            "name": "gateway-a",
            "labels": {
                "app.kubernetes.io/name": "gateway-quotas",
                "app.kubernetes.io/managed-by": "generate-rules",
                "app.kubernetes.io/component": "gateway-a",
            },
        },
        "spec": yaml.safe_load(render(file)),
    }


def test_each_file_is_rendered_under_its_name_in_the_requested_format() -> None:
    files = [RuleFile("a", []), RuleFile("b", [])]
    assert render_files(files) == {"a.yml": render(files[0]), "b.yml": render(files[1])}
    assert render_files(files, kubernetes=True) == {
        "a.yml": render_kubernetes(files[0]),
        "b.yml": render_kubernetes(files[1]),
    }
    assert all(
        text.startswith(GENERATED_MARK) for text in render_files(files, kubernetes=True).values()
    )


@pytest.mark.parametrize("kubernetes", [False, True])
def test_all_files_can_be_rendered_as_one_text(*, kubernetes: bool) -> None:
    files = [RuleFile(name, [Group(name, 60, [Rule(name, "1")])]) for name in ("a", "b")]
    text = render_stream(files, kubernetes=kubernetes)
    documents = list(yaml.safe_load_all(text))
    expected = ["a", "b"]
    if kubernetes:
        assert [document["metadata"]["name"] for document in documents] == expected
    else:
        assert [group["name"] for group in documents[0]["groups"]] == expected
