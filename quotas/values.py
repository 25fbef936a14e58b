"""Single values of quotas.yaml: each function takes what YAML gave and returns what it means.

All raise ValueError, whose message says what was found and what is expected.
"""

import difflib
import re
from collections.abc import Callable, Iterable

from quotas import calendars, names
from quotas.durations import parse_duration
from quotas.model import DEFAULT_THRESHOLDS, Threshold
from quotas.sizes import parse_size

MOST_LABELS = 20
LONGEST_SHOWN = 80
LONGEST_VALUE = 1_024
HIGHEST_THRESHOLD = 1_000
LONGEST_RESOLUTION_SECONDS = 300

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}", re.ASCII)
_LABEL_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]{0,62}", re.ASCII)
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,253}", re.ASCII)


def describe(value: object) -> str:
    """Return how a value stands in a message: text in quotes, the rest by its kind."""
    match value:
        case None:
            return "nothing"
        case bool():
            return f"{str(value).lower()} (true or false)"
        case int() | float():
            return f"the number {value}"
        case str():
            shown = value if len(value) <= LONGEST_SHOWN else value[:LONGEST_SHOWN] + "..."
            return f'"{shown}"'
        case list():
            return "a list"
        case _:
            return "a mapping"


def nearest(word: str, words: Iterable[str]) -> str:
    """Return the hint ``; did you mean "x"?`` for the word that is nearest, or nothing."""
    close = difflib.get_close_matches(word, list(words), n=1)
    return f'; did you mean "{close[0]}"?' if close else ""


def text(value: object) -> str:
    """Take text as it is, if it is printable and neither empty nor very long."""
    if not isinstance(value, str):
        raise ValueError(f"found {describe(value)}, expected text; put it in quotes if it is meant")
    if not value or len(value) > LONGEST_VALUE:
        raise ValueError(
            f"found {len(value)} characters, expected 1 to {LONGEST_VALUE} characters of text"
        )
    if not value.isprintable():
        raise ValueError(f"found control characters in {value!a}, expected printable text")
    return value


def quota_name(value: object) -> str:
    """Take the name of a quota."""
    name = text(value)
    if not _NAME.fullmatch(name):
        raise ValueError(
            f"{describe(name)} is not a name; write 1 to 63 of a-z, 0-9, dot, underscore and "
            f'hyphen, the first a letter or digit, for example "bun-egress"'
        )
    return name


def size(value: object) -> int:
    """Take a size as bytes."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise ValueError(f'found {describe(value)} without a unit; write for example "{value} GB"')
    return parse_size(text(value))


def duration(value: object) -> int:
    """Take a duration as seconds."""
    return parse_duration(text(value))


def resolution(value: object) -> int:
    """Take an accounting step as seconds."""
    seconds = duration(value)
    if seconds > LONGEST_RESOLUTION_SECONDS:
        raise ValueError(f'"{value}" is too long a step; write "5m" or less')
    return seconds


def one_of(*words: str) -> Callable[[object], str]:
    """Return what takes one of these words."""

    def take(value: object) -> str:
        if value not in words:
            expected = ", ".join(words)
            hint = nearest(value, words) if isinstance(value, str) else ""
            raise ValueError(f"found {describe(value)}, expected one of {expected}{hint}")
        return str(value)

    return take


def calendar(value: object) -> calendars.Calendar:
    """Take the name of a calendar."""
    return calendars.CALENDARS[one_of(*calendars.CALENDARS)(value)]


def address(value: object) -> str:
    """Take a mail address."""
    found = text(value)
    if not _ADDRESS.fullmatch(found):
        raise ValueError(
            f'{describe(found)} is not a mail address; write for example "ops@example.com"'
        )
    return found


def threshold(value: object) -> Threshold:
    """Take a threshold in percent; how grave it is follows from how near it is to the limit."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"found {describe(value)}, expected a whole number of percent such as 80")
    if not 1 <= value <= HIGHEST_THRESHOLD:
        raise ValueError(f"found {value}, expected 1 to {HIGHEST_THRESHOLD} percent")
    grave = [default for default in DEFAULT_THRESHOLDS if default.percent <= value]
    return Threshold(value, (grave or DEFAULT_THRESHOLDS)[-1 if grave else 0].severity)


def yes_or_no(value: object) -> bool:
    """Take true or false."""
    if not isinstance(value, bool):
        raise ValueError(f"found {describe(value)}, expected true or false")
    return value


def version(value: object) -> int:
    """Take the version of the language, of which there is one."""
    if value != 1 or isinstance(value, bool):
        raise ValueError(f"found {describe(value)}, expected 1")
    return 1


def own_labels(value: object) -> dict[str, str]:
    """Take the labels that a quota puts onto its alerts."""
    if not isinstance(value, dict):
        raise ValueError(f"found {describe(value)}, expected a mapping such as {{team: bun}}")
    if len(value) > MOST_LABELS:
        raise ValueError(f"has {len(value)} labels, expected at most {MOST_LABELS}")
    for name in value:
        if not _LABEL_NAME.fullmatch(name) or name.startswith("__"):
            raise ValueError(f"{describe(name)} is not a label name; write a-z, A-Z, 0-9, _")
        if name in names.RESERVED_LABELS:
            raise ValueError(f'the label "{name}" is set by the rules; choose another name')
    return {name: text(label) for name, label in sorted(value.items())}
