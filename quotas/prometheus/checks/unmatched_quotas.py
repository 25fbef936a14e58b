"""Quotas that match no counter, and the existing name that their selector probably means."""

import difflib
from collections.abc import Mapping, Sequence

import re2

from quotas import names
from quotas.model import Match, Quota

Labels = Mapping[str, str]


def unmatched_quotas(quotas: Sequence[Quota], counters: Sequence[Labels]) -> list[Quota]:
    """Return the quotas whose selector matches none of these counters."""
    return [quota for quota in quotas if not any(_matches_counter(quota, one) for one in counters)]


def suggest_name(quota: Quota, counters: Sequence[Labels]) -> str:
    """Return a hint on the first name that a quota selects but no counter has; empty if none.

    The hint is ``; there is no service "bum"``, with the most similar existing name if there is
    one.
    """
    for label, match in quota.selector.items():
        existing = {labels.get(label, "") for labels in counters}
        for value in sorted(set(match.values) - existing):
            similar = difflib.get_close_matches(value, sorted(existing), n=1)
            if similar:
                return f'; there is no {label} "{value}", did you mean "{similar[0]}"?'
            return f'; there is no {label} "{value}"'
    return ""


def _matches_counter(quota: Quota, labels: Labels) -> bool:
    if quota.direction not in (names.BOTH, labels.get(names.DIRECTION, "")):
        return False
    for label in quota.for_each:
        if labels.get(label, "") in ("", *quota.excluded.get(label, ())):
            return False
    return all(_matches(match, labels.get(label, "")) for label, match in quota.selector.items())


def _matches(match: Match, value: str) -> bool:
    if match.regex is not None:
        return re2.fullmatch(match.regex, value) is not None
    return value in match.values
