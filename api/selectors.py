"""Which counters may be read: what is asked for, within what may be seen."""

from collections.abc import Iterable, Mapping, Sequence

from api.access import Scope
from quotas import names
from quotas.promql import match_any, quote

# A label that matches this has a value that none has: nothing is found.
_NOTHING = f"{names.SERVICE}=~{quote('$.')}"

Filters = Mapping[str, Sequence[str]]


def match_filters(filters: Filters, scope: Scope) -> list[str]:
    """Return the matchers of the counters that are asked for, by exact values, and may be seen."""
    asked = [match_any(name, values) for name, values in filters.items()]
    return asked + match_scope(scope)


def match_scope(scope: Scope) -> list[str]:
    """Return the matchers of the counters that may be seen."""
    if not scope.sees_bytes:
        return [_NOTHING]
    allowed = ((names.SERVICE, scope.services), (names.CONSUMER, scope.consumers))
    return [
        match_any(name, values) if values else _NOTHING
        for name, values in allowed
        if values is not None
    ]


def braces(matchers: Iterable[str]) -> str:
    """Return a selector of these matchers: ``{service="bun"}``, or nothing where there are none."""
    inside = ", ".join(matchers)
    return f"{{{inside}}}" if inside else ""
