"""Checks that need more than one value: conflicting keys, equal names, missing recipients."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from quotas.calendars import MONTH, Calendar, Rolling, period_at
from quotas.file.document import Document, Mistake
from quotas.file.period_parsers import parse_period_id
from quotas.model import Quota

# The keys of a quota that ``find_conflicts`` compares.
COMPARED_KEYS = {"period", "for_each", "except", "forecast", "opening_balance", "opening_period"}

# What regular expressions contain, and names of services, routes and consumers hardly ever do.
_REGEX = re.compile(r"\.[*+?]|[*|]|^\^|\$$|\\\w|\[.+\]|\(.+\)")
_EXAMPLE_TIME = datetime(2026, 11, 24, 13, tzinfo=UTC)


def check_names_and_recipients(document: Document) -> Iterator[Mistake]:
    """Yield a mistake for each quota that has the name of another, or no recipients."""
    data = document.data if isinstance(document.data, dict) else {}
    quotas, defaults = data.get("quotas"), data.get("defaults")
    has_default_recipients = isinstance(defaults, dict) and "notify" in defaults
    first_lines: dict[str, int] = {}
    for index, quota in enumerate(quotas if isinstance(quotas, list) else []):
        if not isinstance(quota, dict):
            continue
        if not has_default_recipients and "notify" not in quota:
            message = "nobody is notified; add notify: [...], here or under defaults"
            yield document.mistake(("quotas", index), message)
        name, place = quota.get("name"), ("quotas", index, "name")
        if isinstance(name, str):
            line = document.mistake(place, "").line
            if name in first_lines:
                message = f'"{name}" is also the name of the quota at line {first_lines[name]}'
                yield document.mistake(place, message)
            first_lines.setdefault(name, line)


def check_keys(document: Document, loaded: Mapping[str, Any]) -> Iterator[Mistake]:
    """Yield a mistake for each conflict between the keys of a quota.

    Args:
        document: quotas.yaml.
        loaded: the values that the schema could read from it.

    """
    data = document.data if isinstance(document.data, dict) else {}
    defaults, quotas = loaded.get("defaults") or {}, loaded.get("quotas") or []
    written = data.get("quotas")
    if not isinstance(written, list) or len(quotas) != len(written):
        return
    for index, quota in enumerate(quotas):
        # A value that is wrong has its own mistake. Comparing it would only add a misleading one.
        wrong = _unread_keys(data.get("defaults"), defaults) | _unread_keys(written[index], quota)
        if wrong & COMPARED_KEYS:
            continue
        for key, message in find_conflicts(defaults | (quota or {})):
            yield document.mistake(("quotas", index, key), message, at_key=True)
        own_labels = (quota or {}).get("labels", {})
        for label in sorted(own_labels.keys() & loaded.get("labels", {}).keys()):
            message = "all alerts have this label already, by the labels at the top; rename one"
            yield document.mistake(("quotas", index, "labels", label), message, at_key=True)


def find_conflicts(quota: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield a key and a message for each conflict between the keys of a quota.

    Args:
        quota: the values of the quota, including those of ``defaults``.

    """
    calendar = quota.get("period", MONTH)
    for label in quota.get("except_", {}):
        if label not in quota.get("for_each", ()):
            yield (
                "except",
                f'"{label}" is not among for_each; write for_each: {label}, or remove it',
            )
    if quota.get("forecast") and isinstance(calendar, Rolling):
        yield "forecast", "a rolling window has no end to forecast; remove it"
    if "opening_period" in quota and "opening_balance" not in quota:
        yield "opening_period", "says when, but no opening_balance says how much; add it"
    if "opening_balance" not in quota:
        return
    if isinstance(calendar, Rolling):
        yield "opening_balance", "a rolling window has no periods to open; remove it"
    elif "for_each" in quota:
        yield "opening_balance", "cannot be shared out among for_each; write a quota for each"
    elif "opening_period" not in quota:
        yield "opening_balance", "counts in one period; add opening_period, such as 2026-11"
    elif parse_period_id(quota["opening_period"], calendar) is None:
        yield (
            "opening_period",
            f'"{quota["opening_period"]}" is no {calendar.name}; {_example_of(calendar)}',
        )


def find_patterns(quotas: tuple[Quota, ...], document: Document) -> Iterator[Mistake]:
    """Yield a warning for each name in a selector that looks like a regular expression."""
    for index, quota in enumerate(quotas):
        named = [(label, match.values) for label, match in quota.selector.items()]
        excluded = [(f"except.{label}", values) for label, values in quota.excluded.items()]
        for key, values in named + excluded:
            for value in filter(_REGEX.search, values):
                pattern = json.dumps(value, ensure_ascii=False)
                advice = "" if key.startswith("except") else f"; write {{matches: {pattern}}}"
                yield document.mistake(
                    ("quotas", index, *key.split(".")),
                    f'"{value}" is a name here, not a regular expression{advice}',
                )


def find_duplicates(quotas: tuple[Quota, ...], document: Document) -> Iterator[Mistake]:
    """Yield a warning for each quota that equals an earlier one in everything but its name."""
    first: dict[Any, Quota] = {}
    for index, quota in enumerate(quotas):
        same = first.setdefault(_all_but_name(quota), quota)
        if same is not quota:
            message = (
                f'"{quota.name}" is the same as "{same.name}" at line {same.line} but for the '
                f"name; keep one"
            )
            yield document.mistake(("quotas", index), message)


def _unread_keys(written: Any, loaded: Mapping[str, Any] | None) -> set[str]:
    """Return the keys of a mapping whose values the schema could not read."""
    read = {key.rstrip("_") for key in loaded or {}}
    return set(written) - read if isinstance(written, dict) else set()


def _example_of(calendar: Calendar) -> str:
    begins = period_at(calendar, _EXAMPLE_TIME).start
    example = {
        "hour": "2026-11-24T13, an hour of UTC",
        "day": "2026-11-24",
        "week": f"{begins:%Y-%m-%d}, the day on which it begins",
        "month": f"{begins:%Y-%m}",
    }
    return f"write for example {example[calendar.kind]}"


def _all_but_name(quota: Quota) -> Any:
    return (
        tuple(quota.selector.items()),
        tuple(quota.labels.items()),
        tuple(quota.excluded.items()),
        (quota.limit_bytes, quota.direction, quota.calendar, quota.thresholds, quota.notify),
        (quota.forecast, quota.for_each, quota.opening_bytes, quota.opening_period),
        quota.notify_resolved,
    )
