"""Text from outside, made fit for one line of a mail, a header or a log."""

import re
import textwrap

COLUMNS = 78
LONGEST_LINE = 200
LONGEST_TEXT = 2_000

# Control characters, line and paragraph separators, and halves of surrogate pairs (JSON can
# carry them, UTF-8 cannot).
_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
# Marks that turn the direction of what follows: with them a text reads as another one. Unicode
# technical report 36, section 2.
_TURNS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def clean_line(text: str, longest: int = LONGEST_LINE) -> str:
    """Return ``text`` as one printable line of at most ``longest`` characters."""
    line = " ".join(_UNFIT.sub(" ", _TURNS.sub("", text[: 4 * longest])).split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def clean_paragraphs(text: str) -> tuple[str, ...]:
    """Return the paragraphs of ``text``, each as one printable line; together they are bounded."""
    blocks = re.split(r"\n\s*\n", text[:LONGEST_TEXT].strip())
    return tuple(line for line in (clean_line(block, LONGEST_TEXT) for block in blocks) if line)


def fill(text: str, indent: int = 0, first: str = "") -> str:
    """Return ``text`` wrapped to the columns of a mail, indented, with ``first`` in the margin."""
    return textwrap.fill(
        text, COLUMNS, initial_indent=first.ljust(indent), subsequent_indent=" " * indent
    )


def join_words(words: list[str], most: int = 3) -> str:
    """Return ``a``, ``a and b``, or ``a, b, c and 4 more``."""
    shown = words[:most]
    if len(words) > most:
        shown.append(f"{len(words) - most} more")
    return " and ".join(part for part in (", ".join(shown[:-1]), shown[-1]) if part)
