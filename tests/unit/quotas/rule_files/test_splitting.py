"""Groups are split so that they fit, in order, and rules that belong together stay together."""

import json

import pytest

from quotas.rule_files.rule import Group, Rule, RuleFile
from quotas.rule_files.splitting import TooLargeGroupError, json_bytes, split_groups


def file_of(*rules: Rule) -> RuleFile:
    return RuleFile("quotas", [Group("quotas", 60, rules), Group("small", 900, [Rule("s", "1")])])


def parts(file: RuleFile) -> dict[str, list[str]]:
    return {group.name: [rule.name for rule in group.rules] for group in file.groups}


RULES = [Rule(name, "vector(1)") for name in "abcdefg"]


def test_without_bounds_and_within_them_groups_remain() -> None:
    file = file_of(*RULES)
    for [same] in (split_groups([file]), split_groups([file], most_rules=7, most_bytes=1_000)):
        assert parts(same) == {"quotas": list("abcdefg"), "small": ["s"]}


def test_a_group_is_split_in_order_into_parts_of_at_most_so_many_rules() -> None:
    [file] = split_groups([file_of(*RULES)], most_rules=3)
    assert parts(file) == {
        "quotas-part-1": ["a", "b", "c"],
        "quotas-part-2": ["d", "e", "f"],
        "quotas-part-3": ["g"],
        "small": ["s"],
    }
    assert {group.interval_seconds for group in file.groups} == {60, 900}


def test_rules_that_follow_each_other_stay_in_one_part() -> None:
    together = [Rule(name, "vector(1)", follows=name in "cd") for name in "abcde"]
    [file] = split_groups([file_of(*together)], most_rules=3)
    assert parts(file) == {
        "quotas-part-1": ["a"],
        "quotas-part-2": ["b", "c", "d"],
        "quotas-part-3": ["e"],
        "small": ["s"],
    }
    with pytest.raises(TooLargeGroupError, match="3 rules that must stay together"):
        split_groups([file_of(*together)], most_rules=2)


def test_a_group_is_split_into_parts_of_at_most_so_many_bytes_of_json() -> None:
    each = json_bytes(RULES[:1])
    [file] = split_groups([file_of(*RULES)], most_bytes=2 * each)
    assert [len(group.rules) for group in file.groups] == [2, 2, 2, 1, 1]
    with pytest.raises(TooLargeGroupError, match=f"{each:,} bytes"):
        split_groups([file_of(*RULES)], most_bytes=each - 1)


def test_the_size_is_that_of_the_json_that_go_writes() -> None:
    rule = Rule("A", "x < 1 > 2", alert=True, for_seconds=60, labels={"a": "&"})
    text = json.dumps(
        {"alert": "A", "expr": r"x \u003c 1 \u003e 2", "for": "60s", "labels": {"a": r"\u0026"}},
        separators=(",", ":"),
    ).replace("\\\\u", "\\u")
    # A comma, or the closing bracket, comes after it.
    assert json_bytes([rule]) == len(text) + 1
