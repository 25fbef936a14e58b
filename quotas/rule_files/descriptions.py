"""One-line descriptions of quotas, which the compiler writes as comments and --diff reads back."""

import re
from collections.abc import Iterable

from quotas import names
from quotas.model import Match, Quota
from quotas.units import format_exact

# The properties of a quota by their names, such as {"limit": "500 GB"}.
Properties = dict[str, str]

# The words of a description are part of every generated file: changing one changes them all.
_PREFIX = "quota "
_PROPERTY_NAME = (
    r"(?:limit|period|service|route|consumer|workspace|direction|for each|except \w+|opened with|"
    r"told at|forecast|labels)"
)
_PROPERTY = re.compile(rf"({_PROPERTY_NAME}) (.*)")
_LINE = re.compile(rf"^ *# {_PREFIX}([a-z0-9][a-z0-9._-]*): (.*)$", re.MULTILINE)


def describe(quota: Quota) -> str:
    """Return a quota in one line: ``quota bun: limit 500 GB; period month; service bun``."""
    properties = {
        "limit": format_exact(quota.limit_bytes),
        "period": quota.calendar.name,
        **{label: _describe_match(match) for label, match in quota.selector.items()},
    }
    if quota.direction != names.BOTH:
        properties[names.DIRECTION] = quota.direction
    if quota.for_each:
        properties["for each"] = ", ".join(quota.for_each)
    for label, excluded in quota.excluded.items():
        properties[f"except {label}"] = ", ".join(excluded)
    if quota.opening_period is not None:
        opening = format_exact(quota.opening_bytes)
        properties["opened with"] = f"{opening} in {quota.opening_period}"
    percents = ", ".join(threshold.label for threshold in quota.thresholds)
    properties["told at"] = f"{percents} %"
    if quota.forecast:
        properties["forecast"] = "told too"
    if quota.labels:
        properties["labels"] = ", ".join(f"{name}={value}" for name, value in quota.labels.items())
    return f"{_PREFIX}{quota.name}: {join_properties(properties)}"


def join_properties(properties: Properties) -> str:
    """Return properties as text: ``limit 500 GB; period month``."""
    return "; ".join(f"{name} {value}" for name, value in properties.items())


def read_descriptions(texts: Iterable[str]) -> dict[str, Properties]:
    """Return the properties of each quota that these rule files describe, by the quota's name."""
    found: dict[str, Properties] = {}
    for text in texts:
        for name, line in _LINE.findall(text):
            parts = re.split(rf"; (?={_PROPERTY_NAME} )", line)
            matches = (_PROPERTY.fullmatch(part) for part in parts if part)
            found[name] = {match[1]: match[2] for match in matches if match}
    return found


def _describe_match(match: Match) -> str:
    return f"matching {match.regex}" if match.regex is not None else ", ".join(match.values)
