"""Parsers of single values: text, names, addresses, sizes, durations, numbers and words.

Each takes a value of the YAML document and returns the value to use. All raise ValueError if the
value is wrong; the message says what was found and what is expected.
"""

import difflib
import re
import unicodedata
from collections.abc import Callable, Iterable

from quotas import names
from quotas.units import parse_duration, parse_size, unit_of

LONGEST_VALUE = 1_024
_LONGEST_SHOWN = 80
# Unicode categories of control characters, halves of surrogate pairs, and line breaks.
_FORBIDDEN_CATEGORIES = ("Cc", "Cs", "Zl", "Zp")

# Patterns in the notation of JSON Schema.
NAME_PATTERN = "^[a-z0-9][a-z0-9._-]{0,62}$"
LABEL_NAME_PATTERN = "^(?!__)[a-zA-Z_][a-zA-Z0-9_]{0,62}$"
# No anchor, because alerts add one; no braces, because alerts would read them as templates.
PAGE_PATTERN = (
    r"^https?://([a-zA-Z0-9.-]+|\[[0-9a-fA-F:.]+\])(:[0-9]{1,5})?"
    r"([/?][a-zA-Z0-9/?:@!$&'()*+,;=._~%-]*)?$"
)
DURATION_PATTERN = "^(?=.)([0-9]+w)?([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?$"

_NAME = re.compile(NAME_PATTERN, re.ASCII)
_LABEL_NAME = re.compile(LABEL_NAME_PATTERN, re.ASCII)
_PAGE = re.compile(PAGE_PATTERN, re.ASCII)
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,253}", re.ASCII)


def describe_value(value: object) -> str:
    """Return how a message shows a value: text in quotes, other values by their kind."""
    match value:
        case None:
            return "nothing"
        case bool():
            return f"{str(value).lower()}, as YAML reads {'yes and on' if value else 'no and off'}"
        case int() | float():
            return f"the number {value}"
        case str():
            shown = value if len(value) <= _LONGEST_SHOWN else value[:_LONGEST_SHOWN] + "..."
            return f'"{shown}"'
        case list():
            return "a list"
        case _:
            return "a mapping"


def did_you_mean(word: str, words: Iterable[str]) -> str:
    """Return the hint ``; did you mean "x"?`` with the most similar word; empty if none is."""
    close = difflib.get_close_matches(word, list(words), n=1)
    return f'; did you mean "{close[0]}"?' if close else ""


def parse_text(value: object) -> str:
    """Return text as it is: one line of 1 to 1024 characters, without control characters."""
    if not isinstance(value, str):
        raise ValueError(
            f"found {describe_value(value)}, expected text; put it in quotes if it is meant"
        )
    if not value or len(value) > LONGEST_VALUE:
        raise ValueError(
            f"found {len(value)} characters, expected 1 to {LONGEST_VALUE} characters of text"
        )
    if any(unicodedata.category(character) in _FORBIDDEN_CATEGORIES for character in value):
        raise ValueError(f"found control characters in {value!a}, expected text without them")
    if "\ufffd" in value:
        # PromQL takes this character for a byte that is not UTF-8.
        raise ValueError(f"found U+FFFD in {value!a}, which stands for a lost character; write it")
    return value


def parse_quota_name(value: object) -> str:
    """Return the name of a quota."""
    name = parse_text(value)
    if not _NAME.fullmatch(name):
        raise ValueError(
            f"{describe_value(name)} is not a name; write 1 to 63 of a-z, 0-9, dot, underscore and "
            f'hyphen, the first a letter or digit, for example "bun-egress"'
        )
    return name


def parse_label_name(value: object) -> str:
    """Return the name of a label that a quota adds to its alerts."""
    name = parse_text(value)
    if not _LABEL_NAME.fullmatch(name):
        raise ValueError(
            f"{describe_value(name)} is not a label name; write a-z, A-Z, 0-9 and underscores, "
            f"the first no digit, and not two underscores in front"
        )
    if name in names.RESERVED_LABELS:
        raise ValueError(f'the label "{name}" is set by the rules; choose another name')
    return name


def parse_alert_label_name(value: object) -> str:
    """Return the name of a label that all alerts get, those of the pipeline included."""
    name = parse_label_name(value)
    if name in names.ALERT_LABELS:
        raise ValueError(f'the label "{name}" is set by the alerts; choose another name')
    return name


def parse_mail_address(value: object) -> str:
    """Return a single mail address without a display name."""
    address = parse_text(value)
    if not _ADDRESS.fullmatch(address):
        raise ValueError(
            f'{describe_value(address)} is not a mail address; write for example "ops@example.com"'
        )
    return address


def parse_page_url(value: object) -> str:
    """Return the address of a web page, to which alerts add an anchor."""
    address = parse_text(value)
    if "#" in address:
        raise ValueError(
            f"{describe_value(address)} has an anchor, and each alert adds its own; write what is "
            f"before the #"
        )
    if not _PAGE.fullmatch(address):
        raise ValueError(
            f"{describe_value(address)} is not the address of a web page; write for example "
            f'"https://wiki.example.com/operations", other signs as in %20'
        )
    return address


def parse_bytes(value: object) -> int:
    """Return a size such as ``500 GB`` in bytes."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise ValueError(
            f'found {describe_value(value)} without a unit; write for example "500 GB"'
        )
    return parse_size(parse_text(value))


def parse_limit(value: object) -> tuple[int, str]:
    """Return a size in bytes, and the unit that it is written in."""
    return parse_bytes(value), unit_of(str(value))


def duration_between(shortest: str, longest: str) -> Callable[[object], int]:
    """Return a parser of durations, which returns seconds."""

    def parse(value: object) -> int:
        if isinstance(value, int | float) and not isinstance(value, bool):
            raise ValueError(
                f'found {describe_value(value)} without a unit; write for example "90s"'
            )
        seconds = parse_duration(parse_text(value))
        if not parse_duration(shortest) <= seconds <= parse_duration(longest):
            raise ValueError(f'found "{value}", expected {shortest} to {longest}')
        return seconds

    return parse


def one_of(*words: str) -> Callable[[object], str]:
    """Return a parser that accepts only these words."""

    def parse(value: object) -> str:
        if value not in words:
            hint = did_you_mean(value, words) if isinstance(value, str) else ""
            raise ValueError(
                f"found {describe_value(value)}, expected one of {', '.join(words)}{hint}"
            )
        return str(value)

    return parse


def whole_number(least: int, most: int) -> Callable[[object], int]:
    """Return a parser of whole numbers from ``least`` to ``most``."""

    def parse(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise ValueError(
                f"found {describe_value(value)}, expected a whole number from {least} to {most}"
            )
        return value

    return parse


def parse_boolean(value: object) -> bool:
    """Return true or false."""
    if not isinstance(value, bool):
        raise ValueError(f"found {describe_value(value)}, expected true or false")
    return value
