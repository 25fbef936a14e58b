"""Splitting groups of rules that are too large for a ruler or for a Kubernetes object.

Prometheus evaluates a group in order, so that one evaluation carries a byte from the counters to an
alert. In parts, each rule still finds the results of the others, because rules read each other over
ranges: what was one evaluation takes up to one interval more for each part.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace

from quotas.rule_files.rule import Group, Rule, RuleFile

# What Go writes for these, six bytes each, since it makes JSON safe for HTML.
_ESCAPED_BY_GO = "<>&"
_ESCAPE_BYTES = 5


class TooLargeGroupError(Exception):
    """Rules that must stay together are too large for one group."""


def split_groups(
    files: Iterable[RuleFile], *, most_rules: int | None = None, most_bytes: int | None = None
) -> list[RuleFile]:
    """Return the files with their groups split into parts within these bounds.

    The parts of a group are named after it, with a number. Rules keep their order.

    Args:
        files: the compiled rules.
        most_rules: how many rules a group may have.
        most_bytes: how long a group may be as JSON.

    Raises:
        TooLargeGroupError: rules that must stay together are more than that.

    """
    return [
        replace(
            file,
            groups=[
                part for group in file.groups for part in _split(group, most_rules, most_bytes)
            ],
        )
        for file in files
    ]


def _split(group: Group, most_rules: int | None, most_bytes: int | None) -> Iterator[Group]:
    def fits(count: int, size: int) -> bool:
        return not (most_rules and count > most_rules) and not (most_bytes and size > most_bytes)

    parts: list[list[Rule]] = [[]]
    part_bytes = 0
    for run in _runs(group.rules):
        run_bytes = json_bytes(run)
        if not fits(len(run), run_bytes):
            raise TooLargeGroupError(
                f"the group {group.name} has {len(run)} rules that must stay together, with "
                f"{run_bytes:,} bytes of JSON; allow groups of that size"
            )
        if parts[-1] and not fits(len(parts[-1]) + len(run), part_bytes + run_bytes):
            parts.append([])
            part_bytes = 0
        parts[-1] += run
        part_bytes += run_bytes
    for number, rules in enumerate(parts, start=1):
        name = f"{group.name}-part-{number}" if len(parts) > 1 else group.name
        yield replace(group, name=name, rules=rules)


def _runs(rules: Iterable[Rule]) -> list[list[Rule]]:
    """Return the rules in runs of those that must be evaluated together."""
    runs: list[list[Rule]] = []
    for rule in rules:
        if rule.follows and runs:
            runs[-1].append(rule)
        else:
            runs.append([rule])
    return runs


def json_bytes(rules: Iterable[Rule]) -> int:
    """Return how many bytes rules have as JSON, written as Kubernetes writes it."""
    return sum(
        len(text.encode()) + _ESCAPE_BYTES * sum(map(text.count, _ESCAPED_BY_GO)) + 1
        for text in (json.dumps(as_object(rule), separators=(",", ":")) for rule in rules)
    )


def as_object(rule: Rule) -> dict[str, object]:
    """Return a rule as rule files have it: a mapping of text, labels and annotations."""
    found: dict[str, object] = {"alert" if rule.alert else "record": rule.name, "expr": rule.query}
    for key, seconds in (("for", rule.for_seconds), ("keep_firing_for", rule.keep_firing_seconds)):
        if seconds:
            found[key] = f"{seconds}s"
    for key, values in (("labels", rule.labels), ("annotations", rule.annotations)):
        if values:
            found[key] = dict(values)
    return found
