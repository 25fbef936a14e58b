"""What is known about the pipeline that counts, as dataclasses."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Gateways:
    """How many gateways Prometheus scrapes, and how many of them answer.

    ``down`` lists those that do not, as ``instance``; not all if they are many.
    """

    known: int
    up: int
    down: Sequence[str]


@dataclass(frozen=True)
class Evaluations:
    """How many evaluations of the rules the last hour should have had, and how many are missing.

    ``missed`` is None if the rules have run for less than an hour. ``caught_up`` says whether the
    bytes of missed steps are counted later.
    """

    expected: int
    missed: int | None
    caught_up: bool


@dataclass(frozen=True)
class Trouble:
    """An alert about the pipeline that fires: its name, texts for people, and a page."""

    name: str
    severity: str
    summary: str
    advice: str
    url: str


@dataclass(frozen=True)
class Pipeline:
    """The state of the pipeline. ``is_recorded`` is False if Prometheus has no quota rules."""

    is_recorded: bool
    gateways: Gateways
    evaluations: Evaluations
    troubles: Sequence[Trouble]
