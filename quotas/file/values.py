"""Single values of quotas.yaml: each function takes what YAML gave and returns what it means.

All raise ValueError, whose message says what was found and what is expected.
"""

import difflib
import re
import unicodedata
import zoneinfo
from collections.abc import Callable, Iterable

import re2

from quotas import names
from quotas.calendars import WEEKDAYS
from quotas.model import DEFAULT_THRESHOLDS, Match
from quotas.units import parse_duration, parse_size

LONGEST_SHOWN = 80
# Control characters, halves of surrogate pairs, and what breaks a line.
_NO_TEXT = ("Cc", "Cs", "Zl", "Zp")
LONGEST_VALUE = 1_024
HIGHEST_THRESHOLD = 1_000
QUARTER_OF_AN_HOUR_SECONDS = 900
# As a JSON Schema has them.
NAME_PATTERN = "^[a-z0-9][a-z0-9._-]{0,62}$"
LABEL_NAME_PATTERN = "^(?!__)[a-zA-Z_][a-zA-Z0-9_]{0,62}$"
# Without an anchor, and without braces, which the templates of alerts would read.
PAGE_PATTERN = (
    r"^https?://([a-zA-Z0-9.-]+|\[[0-9a-fA-F:.]+\])(:[0-9]{1,5})?"
    r"([/?][a-zA-Z0-9/?:@!$&'()*+,;=._~%-]*)?$"
)
DURATION_PATTERN = "^(?=.)([0-9]+w)?([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?$"

_RE2_OPTIONS = re2.Options()
_RE2_OPTIONS.log_errors = False

_NAME = re.compile(NAME_PATTERN, re.ASCII)
_LABEL_NAME = re.compile(LABEL_NAME_PATTERN, re.ASCII)
_PAGE = re.compile(PAGE_PATTERN, re.ASCII)
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,253}", re.ASCII)


def describe(value: object) -> str:
    """Return how a value stands in a message: text in quotes, the rest by its kind."""
    match value:
        case None:
            return "nothing"
        case bool():
            return f"{str(value).lower()}, as YAML reads {'yes and on' if value else 'no and off'}"
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
    """Take text as it is: one line without control characters, neither empty nor very long."""
    if not isinstance(value, str):
        raise ValueError(f"found {describe(value)}, expected text; put it in quotes if it is meant")
    if not value or len(value) > LONGEST_VALUE:
        raise ValueError(
            f"found {len(value)} characters, expected 1 to {LONGEST_VALUE} characters of text"
        )
    if any(unicodedata.category(character) in _NO_TEXT for character in value):
        raise ValueError(f"found control characters in {value!a}, expected text without them")
    if "\ufffd" in value:
        # PromQL takes it for a byte that is not UTF-8.
        raise ValueError(f"found U+FFFD in {value!a}, which stands for a lost character; write it")
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
        raise ValueError(f'found {describe(value)} without a unit; write for example "500 GB"')
    return parse_size(text(value))


def duration_between(shortest: str, longest: str) -> Callable[[object], int]:
    """Return what takes a duration as seconds."""

    def take(value: object) -> int:
        if isinstance(value, int | float) and not isinstance(value, bool):
            raise ValueError(f'found {describe(value)} without a unit; write for example "90s"')
        seconds = parse_duration(text(value))
        if not parse_duration(shortest) <= seconds <= parse_duration(longest):
            raise ValueError(f'found "{value}", expected {shortest} to {longest}')
        return seconds

    return take


def resolution(value: object) -> int:
    """Take an accounting step as seconds: periods begin at quarters of an hour, as must steps."""
    seconds = duration_between("1s", "5m")(value)
    if QUARTER_OF_AN_HOUR_SECONDS % seconds:
        raise ValueError(
            f'found "{value}", expected a step that fits into 15 minutes without a rest, such as '
            f'"15s", "30s", "1m" or "5m"'
        )
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


def weekday(value: object) -> int:
    """Take the name of a day of the week as its number from 0 for Monday."""
    return WEEKDAYS.index(one_of(*WEEKDAYS)(value))


def whole_number(least: int, most: int) -> Callable[[object], int]:
    """Return what takes a whole number between two others."""

    def take(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise ValueError(
                f"found {describe(value)}, expected a whole number from {least} to {most}"
            )
        return value

    return take


def timezone(value: object) -> str:
    """Take the IANA name of a time zone."""
    zone = text(value)
    known = zoneinfo.available_timezones()
    if zone not in known:
        raise ValueError(
            f"{describe(zone)} is not a time zone; write an IANA name such as "
            f'"Europe/Berlin"{nearest(zone, known)}'
        )
    return zone


def regex(value: object) -> Match:
    """Take a regular expression that Prometheus accepts; all of a value must match it."""
    pattern = text(value)
    try:
        re2.compile(pattern, _RE2_OPTIONS)
        # What newer RE2 takes and the one that Prometheus is built with does not.
        odd = next((sequence for sequence in (r"\C", "(?<") if sequence in pattern), None)
        problem = f"{odd} is not supported" if odd else None
    except re2.error as error:
        problem = error.args[0].decode(errors="replace")
    if problem:
        raise ValueError(
            f"{describe(pattern)} is not a regular expression that Prometheus takes (RE2): "
            f"{problem}"
        )
    return Match(regex=pattern)


def address(value: object) -> str:
    """Take a mail address."""
    found = text(value)
    if not _ADDRESS.fullmatch(found):
        raise ValueError(
            f'{describe(found)} is not a mail address; write for example "ops@example.com"'
        )
    return found


def page_url(value: object) -> str:
    """Take the address of a web page that anchors can be added to."""
    found = text(value)
    if "#" in found:
        raise ValueError(
            f"{describe(found)} has an anchor, and each alert adds its own; write what is "
            f"before the #"
        )
    if not _PAGE.fullmatch(found):
        raise ValueError(
            f"{describe(found)} is not the address of a web page; write for example "
            f'"https://wiki.example.com/operations", other signs as in %20'
        )
    return found


def percent(value: object) -> float:
    """Take a percentage of the limit: above 0, with two decimals at most."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"found {describe(value)}, expected a number of percent such as 80")
    if not 0 < value <= HIGHEST_THRESHOLD or round(value, 2) != value:
        raise ValueError(
            f"found {value}, expected more than 0 and at most {HIGHEST_THRESHOLD} percent, with "
            f"two decimals at most"
        )
    return value


def severity_of(threshold_percent: float) -> str:
    """Return how grave a threshold is that does not say: that of the default one at or below it."""
    below = [known for known in DEFAULT_THRESHOLDS if known.percent <= threshold_percent]
    return (below[-1] if below else DEFAULT_THRESHOLDS[0]).severity


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


def label_name(value: object) -> str:
    """Take the name of a label that a quota puts onto its alerts."""
    name = text(value)
    if not _LABEL_NAME.fullmatch(name):
        raise ValueError(
            f"{describe(name)} is not a label name; write a-z, A-Z, 0-9 and underscores, "
            f"the first no digit, and not two underscores in front"
        )
    if name in names.RESERVED_LABELS:
        raise ValueError(f'the label "{name}" is set by the rules; choose another name')
    return name
