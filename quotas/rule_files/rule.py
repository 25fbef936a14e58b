"""Rules, groups of rules and rule files, as dataclasses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Rule:
    """A recording rule, or an alerting rule if ``alert`` is true.

    Attributes:
        name: the name of the recorded series or of the alert.
        query: the PromQL expression.
        alert: whether the rule is an alerting rule.
        comment: text that the rule file shows above the rule.
        for_seconds: how long the expression must hold before the alert fires.
        keep_firing_seconds: how long the alert fires after the expression has stopped to hold.
        labels: labels to add.
        annotations: annotations of the alert.
        follows: whether it must be evaluated right after the rule before it, in the same group.

    """

    name: str
    query: str
    alert: bool = False
    comment: str = ""
    for_seconds: int = 0
    keep_firing_seconds: int = 0
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    follows: bool = False


@dataclass(frozen=True)
class Group:
    """Rules that Prometheus evaluates in order, every ``interval_seconds``."""

    name: str
    interval_seconds: int
    rules: Sequence[Rule]


@dataclass(frozen=True)
class RuleFile:
    """The groups of one file, its name without ``.yml``, and a note for the head of the file."""

    stem: str
    groups: Sequence[Group]
    note: str = ""
