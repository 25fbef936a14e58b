"""One result of a check."""

from dataclasses import dataclass

from quotas.prometheus.engine import Engine

_GREEN, _RED, _YELLOW = "32", "31", "33"
_WORDS = {True: ("ok   ", _GREEN), False: ("wrong", _RED), None: ("note ", _YELLOW)}


@dataclass(frozen=True)
class Finding:
    """One result of a check: whether it is good, and a sentence for people.

    A note is neither good nor wrong, and ``good`` is None: something that cannot be checked, or a
    recommendation.
    """

    good: bool | None
    text: str

    def render(self, *, colour: bool = False) -> str:
        """Return the finding as a line of text, coloured for a terminal if asked."""
        word, code = _WORDS[self.good]
        return f"\033[{code}m{word}\033[0m {self.text}" if colour else f"{word} {self.text}"


def not_checked(what: str, engine: Engine, instead: str) -> Finding:
    """Return a note that something cannot be checked on an engine, and what to look at instead."""
    return Finding(good=None, text=f"can't check {what} on {engine.value}: {instead}")
