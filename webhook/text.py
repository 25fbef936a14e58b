"""Text from outside the process, made safe for one line of a mail, a header or a log."""

import re
import textwrap
import unicodedata
from urllib.parse import urlsplit

# The width of a mail's plain text, in characters.
COLUMNS = 78
LONGEST_LINE = 200
LONGEST_TEXT = 2_000
LONGEST_URL = 2_000

# Control characters, line and paragraph separators, and single surrogates, which JSON can carry
# but UTF-8 cannot.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
# Marks that change the writing direction, so that a text reads as a different one. See Unicode
# technical report 36, section 2.
_DIRECTION_MARKS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
# Text between these does not affect the direction of what is around it. See Unicode technical
# report 9, section 2.
_ISOLATE, _END_ISOLATE = "\u2068", "\u2069"


def clean_line(text: str, longest: int = LONGEST_LINE) -> str:
    """Return ``text`` as one printable line of at most ``longest`` characters."""
    line = " ".join(_UNSAFE.sub(" ", _DIRECTION_MARKS.sub("", text[: 4 * longest])).split())
    return shorten(line, longest)


def clean_name(text: str, longest: int = LONGEST_LINE) -> str:
    """Return ``text`` as one printable line that can be put between other words.

    If it is written from right to left, marks around it keep it from reordering numbers and names
    that follow. ``clean_line`` would remove them.
    """
    name = clean_line(text, longest)
    is_right_to_left = any(unicodedata.bidirectional(letter) in ("R", "AL") for letter in name)
    return f"{_ISOLATE}{name}{_END_ISOLATE}" if is_right_to_left else name


def shorten(line: str, longest: int) -> str:
    """Return the beginning of a line that is clean, with an ellipsis if it is cut."""
    if len(line) <= longest:
        return line
    cut = line[: longest - 1].rstrip() + "…"
    return cut + _END_ISOLATE * (cut.count(_ISOLATE) - cut.count(_END_ISOLATE))


def clean_paragraphs(text: str) -> tuple[str, ...]:
    """Return the paragraphs of the first LONGEST_TEXT characters, each as one printable line."""
    blocks = re.split(r"\n\s*\n", text[:LONGEST_TEXT].strip())
    return tuple(line for line in (clean_line(block, LONGEST_TEXT) for block in blocks) if line)


def fill(text: str, indent: int = 0, first: str = "") -> str:
    """Return ``text`` wrapped to COLUMNS and indented. ``first`` is put in the first indent."""
    return textwrap.fill(
        text, COLUMNS, initial_indent=first.ljust(indent), subsequent_indent=" " * indent
    )


def join_words(words: list[str], most: int = 3) -> str:
    """Return ``a``, ``a and b``, or ``a, b, c and 4 more``."""
    shown = words[:most]
    if len(words) > most:
        shown.append(f"{len(words) - most} more")
    return " and ".join(part for part in (", ".join(shown[:-1]), shown[-1]) if part)


def web_url(url: str) -> str:
    """Return ``url`` if it is an HTTP address that a mail can link to, else an empty string."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    is_safe = url.isascii() and url.isprintable() and " " not in url and len(url) <= LONGEST_URL
    return url if is_safe and parts.scheme in ("http", "https") and parts.hostname else ""
