"""The only way a value gets into PromQL."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence


def quote(value: str) -> str:
    """Return a PromQL string literal of the value: quotes, backslashes and newlines escaped.

    PromQL reads strings as Go does, which JSON's escapes are a part of. Whatever is not escaped
    stays as it is, since Go has no surrogate pairs; but for U+FFFD, which the lexer takes for
    broken UTF-8.
    """
    return json.dumps(value, ensure_ascii=False).replace("\ufffd", "\\ufffd")


def select(labels: Mapping[str, str]) -> str:
    """Return a selector of the series with exactly these label values: ``{service="bun"}``.

    Label names come from quotas/names.py, never from outside.
    """
    return "{" + ", ".join(f"{name}={quote(value)}" for name, value in labels.items()) + "}"


def any_of(values: Iterable[str]) -> str:
    """Return the quoted regular expression that matches each of the values and nothing else."""
    # A hyphen means nothing outside brackets: left alone, names stay readable.
    return quote("|".join(re.escape(value).replace("\\-", "-") for value in values))


def match_any(name: str, values: Sequence[str]) -> str:
    """Return the matcher of a label that has one of these values."""
    return f"{name}={quote(values[0])}" if len(values) == 1 else f"{name}=~{any_of(values)}"


def match_none(name: str, values: Sequence[str]) -> str:
    """Return the matcher of a label that has none of these values."""
    return f"{name}!={quote(values[0])}" if len(values) == 1 else f"{name}!~{any_of(values)}"


def match_regex(name: str, regex: str) -> str:
    """Return the matcher of a label all of whose value a regular expression matches."""
    return f"{name}=~{quote(regex)}"


def selector(matchers: Iterable[str]) -> str:
    """Return the selector of these matchers: ``{service="bun"}``; empty if there are none."""
    inside = ", ".join(matchers)
    return f"{{{inside}}}" if inside else ""
