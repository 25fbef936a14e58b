"""Whether the keys of one quota go together, once each is right by itself."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from quotas import calendars

# The keys of a quota that must go together.
AGREEING = {"period", "for_each", "except", "forecast", "opening_balance", "opening_period"}

# How a period is written as text. Its id, digits alone, is taken too.
_PERIOD_TEXTS: dict[calendars.Kind, str] = {
    "hour": "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}",
    "day": "[0-9]{4}-[0-9]{2}-[0-9]{2}",
    "week": "[0-9]{4}-[0-9]{2}-[0-9]{2}",
    "month": "[0-9]{4}-[0-9]{2}",
}
_EXAMPLE_TIME = datetime(2026, 11, 24, 13, tzinfo=UTC)


def disagreements(quota: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield key and message of what does not go together.

    Args:
        quota: the values of its keys, those of ``defaults`` included.

    """
    calendar = quota.get("period", calendars.MONTH)
    for label in quota.get("except_", {}):
        if label not in quota.get("for_each", ()):
            yield (
                "except",
                f'"{label}" is not among for_each; write for_each: {label}, or remove it',
            )
    if quota.get("forecast") and isinstance(calendar, calendars.Rolling):
        yield "forecast", "a rolling window has no end to forecast; remove it"
    if "opening_period" in quota and "opening_balance" not in quota:
        yield "opening_period", "says when, but no opening_balance says how much; add it"
    if "opening_balance" not in quota:
        return
    if isinstance(calendar, calendars.Rolling):
        yield "opening_balance", "a rolling window has no periods to open; remove it"
    elif "for_each" in quota:
        yield "opening_balance", "cannot be shared out among for_each; write a quota for each"
    elif "opening_period" not in quota:
        yield "opening_balance", "counts in one period; add opening_period, such as 2026-11"
    elif period_id(quota["opening_period"], calendar) is None:
        yield (
            "opening_period",
            f'"{quota["opening_period"]}" is no {calendar.name}; {_example_of(calendar)}',
        )


def _example_of(calendar: calendars.Calendar) -> str:
    begins = calendars.period_at(calendar, _EXAMPLE_TIME).start
    example = {
        "hour": "2026-11-24T13, an hour of UTC",
        "day": "2026-11-24",
        "week": f"{begins:%Y-%m-%d}, the day on which it begins",
        "month": f"{begins:%Y-%m}",
    }
    return f"write for example {example[calendar.kind]}"


def period_id(text: str, calendar: calendars.Calendar) -> int | None:
    """Return the id of the period that a text names, or None where it names none."""
    if not re.fullmatch(f"{_PERIOD_TEXTS[calendar.kind]}|[0-9]+", text):
        return None
    try:
        return calendars.period_of(calendar, text.replace("-", "").replace("T", "")).id
    except ValueError:
        return None
