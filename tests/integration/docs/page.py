"""The blocks of a page: files to extend, settings, and commands with their output."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
# Stands for any text, also of several lines.
_ANYTHING = "…"


@dataclass(frozen=True)
class Block:
    """A block of the page: its language, and its text. Its first line may name a file."""

    language: str
    text: str

    @property
    def target(self) -> str:
        """Return what the comment in the first line names."""
        first = self.text.partition("\n")[0]
        return first.removeprefix("# ") if first.startswith("# ") else ""


@dataclass(frozen=True)
class Command:
    """A command, and the output that the page shows."""

    line: str
    output: str

    def is_like(self, output: str) -> bool:
        """Return whether an output is the one that the page shows, with any numbers."""
        shown = re.escape(self.output.strip("\n")).replace(_ANYTHING, ".*")
        pattern = re.sub("[0-9]+", "[0-9]+", shown)
        return re.fullmatch(rf"\n*{pattern}\n*", output, re.DOTALL) is not None


def blocks_of(text: str) -> list[Block]:
    """Return all blocks of a page that have a language, in their order."""
    return [Block(language, body) for language, body in _BLOCK.findall(text)]


def commands_of(block: Block) -> Iterator[Command]:
    """Yield the commands of a console. A command begins with a dollar sign."""
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        line, _, output = part.partition("\n")
        yield Command(line, output)
