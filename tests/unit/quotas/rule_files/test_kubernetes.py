import json

import pytest
import yaml

from quotas.rule_files import kubernetes
from quotas.rule_files.kubernetes import MOST_BYTES, split_objects
from quotas.rule_files.rendering import render_kubernetes, render_stream
from quotas.rule_files.rule import Group, Rule, RuleFile
from quotas.rule_files.splitting import json_bytes, split_groups

# What Kubernetes allows for all annotations of an object together.
MOST_ANNOTATION_BYTES = 262_144


def group(name: str, query: str = "1") -> Group:
    return Group(name, 60, [Rule("r", query)])


def kubectl_bytes(text: str) -> int:
    """Return the length of the annotation in which kubectl stores an object."""
    read = yaml.safe_load(text)
    read["metadata"] |= {"annotations": {}, "namespace": "n" * 63}
    written = json.dumps(read, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&":
        written = written.replace(character, f"\\u{ord(character):04x}")
    return len(written.encode())


def test_a_small_file_is_one_object_of_its_name() -> None:
    files = [RuleFile("a", [group("g"), group("h")], note="n"), RuleFile("b", [group("i")])]
    assert split_objects(files) == files
    empty = [RuleFile("c", [])]
    assert split_objects(empty) == empty


def test_a_large_file_becomes_one_object_for_each_group_named_after_it() -> None:
    half = "x" * (MOST_BYTES // 2)
    groups = [group("g", half), group("h"), group("i", half)]
    files = [RuleFile("a", groups, note="n"), RuleFile("b", [group("j")])]
    assert split_objects(files) == [
        RuleFile("g", groups[:1], note="n"),
        RuleFile("h", groups[1:2], note="n"),
        RuleFile("i", groups[2:], note="n"),
        files[1],
    ]


@pytest.mark.parametrize("text", ["a", "<", "é", '"', "\\", "a\n", "😀", "x > y\nor\n"])
def test_an_object_is_never_larger_than_what_kubectl_can_store(text: str) -> None:
    def file(times: int) -> RuleFile:
        query = f"x{text * times}y"
        rule = Rule("r", query, alert=True, for_seconds=5_400, labels={"a": text})
        return RuleFile("gateway-quotas", [Group("gateway-quotas", 5_400, [rule])])

    times = MOST_BYTES
    while json_bytes(file(times).groups[0].rules) > MOST_BYTES:
        times = times * 19 // 20
    (largest,) = split_objects(split_groups([file(times)], most_bytes=MOST_BYTES))
    size = kubectl_bytes(render_kubernetes(largest))
    assert size < MOST_BYTES + 2_000 < MOST_ANNOTATION_BYTES


def test_the_stream_ends_with_the_command_that_deletes_what_is_not_in_it() -> None:
    files = [RuleFile("b", [group("g")]), RuleFile("a", [group("h")])]
    text = render_stream(files, kubernetes=True)
    *_, last = text.splitlines()
    selector = (
        f"{kubernetes.MANAGED_BY_LABEL}={kubernetes.MANAGED_BY},"
        f"{kubernetes.COMPONENT_LABEL} notin (a,b)"
    )
    assert last == f"# kubectl delete prometheusrules --selector='{selector}'"
    labels = [document["metadata"]["labels"] for document in yaml.safe_load_all(text)]
    assert [label[kubernetes.COMPONENT_LABEL] for label in labels] == ["b", "a"]
    assert {label[kubernetes.MANAGED_BY_LABEL] for label in labels} == {kubernetes.MANAGED_BY}
