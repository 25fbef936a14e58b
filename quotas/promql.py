"""Text that is safe to put into PromQL: quoted values, matchers and selectors.

No other module puts a value into a query.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence


def quote(value: str) -> str:
    """Return a value as a PromQL string literal, with quotes, backslashes and newlines escaped."""
    # PromQL reads strings as Go does, and Go accepts every escape that JSON uses. Other characters
    # must stay unescaped, because Go has no surrogate pairs. U+FFFD is the exception: unescaped,
    # the lexer takes it for broken UTF-8.
    return json.dumps(value, ensure_ascii=False).replace("\ufffd", "\\ufffd")


def quote_alternatives(values: Iterable[str]) -> str:
    """Return a quoted regular expression that matches exactly these values."""
    # Outside brackets a hyphen has no meaning. Leaving it alone keeps names readable.
    return quote("|".join(re.escape(value).replace("\\-", "-") for value in values))


def match_any(name: str, values: Sequence[str]) -> str:
    """Return a matcher: the label ``name`` has one of these values."""
    if len(values) == 1:
        return f"{name}={quote(values[0])}"
    return f"{name}=~{quote_alternatives(values)}"


def match_none(name: str, values: Sequence[str]) -> str:
    """Return a matcher: the label ``name`` has none of these values."""
    if len(values) == 1:
        return f"{name}!={quote(values[0])}"
    return f"{name}!~{quote_alternatives(values)}"


def match_regex(name: str, regex: str) -> str:
    """Return a matcher: the regular expression matches the whole value of the label ``name``."""
    return f"{name}=~{quote(regex)}"


def either(first: str, *others: str) -> str:
    """Return PromQL for all that the first query finds, and what each other query finds besides.

    The queries must have no ``or`` outside parentheses. They are nested to the right, because
    VictoriaMetrics, since 1.150, keeps both series of ``(a or b)`` in range queries when a third
    term follows. ``a or (b or c)`` means the same.
    """
    if not others:
        return first
    rest = either(*others)
    return f"{first}\nor (\n{rest}\n)" if others[1:] else f"{first}\nor\n{rest}"


def selector(matchers: Iterable[str]) -> str:
    """Return a selector with these matchers, such as ``{service="bun"}``; empty without any.

    Empty matchers are left out.
    """
    inside = ", ".join(filter(None, matchers))
    return f"{{{inside}}}" if inside else ""


def select(labels: Mapping[str, str]) -> str:
    """Return a selector of the series with these label values, such as ``{service="bun"}``.

    Label names must come from ``quotas.names``, never from outside.
    """
    return "{" + ", ".join(f"{name}={quote(value)}" for name, value in labels.items()) + "}"
