"""Rules for rulers that do not know every field of a rule."""

from collections.abc import Iterable
from dataclasses import replace

from quotas.rule_files.rule import RuleFile


def without_keep_firing(files: Iterable[RuleFile]) -> list[RuleFile]:
    """Return the rules without ``keep_firing_for``, which vmalert 1.79 refuses to read.

    An alert about a state that comes and goes then ends and fires again with it.
    """
    return [
        replace(
            file,
            groups=[
                replace(group, rules=[replace(rule, keep_firing_seconds=0) for rule in group.rules])
                for group in file.groups
            ],
        )
        for file in files
    ]
